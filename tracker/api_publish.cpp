// What publishers change: registrations, channel moves, withdrawals.
#include <algorithm>
#include <chrono>
#include <set>

#include "core/base/log.hpp"
#include "core/proto/api.hpp"
#include "tracker/admission.hpp"
#include "tracker/api.hpp"

namespace roost::tracker {
namespace {

std::uint64_t unix_now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

std::int64_t unix_now() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

net::Response json(int status, std::string body) {
  return {status, "application/json", std::move(body), {}};
}

Endpoint seeder_of(const Endpoint& told, const Endpoint& remote) {
  return told.is_any() ? Endpoint{remote.address, told.port} : told;
}

// A body that is no statement at all is a bad request, not a broken signature.
crypto::Envelope read_envelope(const std::string& body) {
  try {
    return crypto::parse_envelope(body);
  } catch (const Error& error) {
    throw Error(Errc::usage, error.what());
  }
}

}  // namespace

// Each node once, however many of the channels it follows.
std::uint32_t Api::live_followers(const std::vector<release::ChannelRef>& channels) const {
  const auto now = std::chrono::steady_clock::now();
  std::set<const Node*> live;
  for (const auto& channel : channels) {
    for (const Node* node : state_.nodes.followers(channel)) {
      if (state_.nodes.live(*node, now)) live.insert(node);
    }
  }
  return static_cast<std::uint32_t>(live.size());
}

void Api::tell_moved(const proto::ChannelInfo& info) {
  const auto start = std::chrono::steady_clock::now();
  state_.catalogue.point(info.channel, info.state.release_id);
  hub_.channel_moved(info, start);
  metrics_.channel_moved(std::chrono::steady_clock::now() - start);
  log::info("channel {} is at {} (version {})", info.channel.str(), info.state.release.str(),
            info.state.version);
}

net::Response Api::post_release(const net::Request& request) try {
  auto registration = proto::parse_registration(request.body);
  registration.seeder = seeder_of(registration.seeder, request.remote);
  const auto admitted = admit(registration, trust_);
  const auto recorded = state_.registry.record(admitted, unix_now());
  const auto committed_ms = unix_now_ms();
  const auto record = state_.registry.release(recorded.id);
  const bool reseeded = !recorded.created && record->seeder == registration.seeder;
  const auto& ref = record->descriptor.release;
  metrics_.registered(recorded.created);
  log::info("{} release {} ({}), signed by {}, seeded at {}",
            recorded.created ? "registered" : "kept", ref.str(), recorded.id.short_hex(),
            admitted.signer().key.short_id(), registration.seeder.str());

  // Else nothing is new, and its seeder may have left since it was noted.
  if (recorded.created || reseeded) state_.learn(*record);
  std::set<release::ChannelRef> moved;
  for (const auto& info : recorded.moved) {
    moved.insert(info.channel);
    tell_moved(info);
  }
  const auto channels = state_.catalogue.channels_naming(*state_.catalogue.find(recorded.id));
  for (const auto& channel : channels) {
    // Who follows may be waiting for a seeder since the last one left.
    if (!reseeded || moved.contains(channel)) continue;
    hub_.channel_reseeded(channel, std::chrono::steady_clock::now());
  }
  return json(recorded.created ? 201 : 200, proto::to_json(proto::RegistrationResult{
                                                recorded.id, recorded.created, recorded.sequence,
                                                live_followers(channels), committed_ms}));
} catch (const Error& error) {
  metrics_.refused_registration();
  log::warn("refused a registration from {}: {}", request.remote.str(), error.what());
  throw;
}

net::Response Api::post_channel(const net::Request& request, Path path) {
  const release::ChannelRef ref{release::Name::parse(path[0]), release::Channel::parse(path[1])};
  const auto envelope = read_envelope(request.body);
  const auto owner = state_.registry.owner(ref.name);
  if (!owner) {
    throw Error(Errc::not_found, "move channel " + ref.str() + ": no release of " + ref.name.str());
  }
  const auto statement = admit_channel(envelope, *owner, trust_);
  if (statement.statement().channel != ref) {
    throw Error(Errc::usage, "move channel " + ref.str() + ": the statement is about " +
                                 statement.statement().channel.str());
  }
  if (const auto moved = state_.registry.move(statement, unix_now())) tell_moved(*moved);
  return json(200, proto::to_json(*state_.registry.channel(ref)));
}

net::Response Api::post_unpublish(const net::Request& request) {
  const auto envelope = read_envelope(request.body);
  const auto claimed = release::parse_unpublish_statement(envelope.payload);
  const auto owner = state_.registry.owner(claimed.release.name);
  if (!owner) {
    throw Error(Errc::not_found,
                "unpublish " + claimed.release.str() + ": no such release is registered");
  }
  const auto verified = admit_unpublish(envelope, *owner, trust_);
  const auto& statement = verified.statement();
  state_.registry.withdraw(verified, unix_now());
  state_.forget(statement.release_id);
  metrics_.unpublished();
  log::info("unpublished release {} ({})", statement.release.str(),
            statement.release_id.short_hex());

  const auto name = state_.registry.name(statement.release.name);
  std::vector<release::ChannelRef> channels;
  for (const auto& [channel, state] : name->channels) channels.push_back({name->name, channel});
  hub_.unpublished({statement.release, statement.release_id, envelope}, channels);
  return json(200, "{}");
}

}  // namespace roost::tracker
