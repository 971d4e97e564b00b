#include "core/store/trust.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/store/files.hpp"
#include "core/store/layout.hpp"

namespace roost::store {
namespace {

using nlohmann::json;

constexpr std::uint64_t kLimit = 16 << 20;

}  // namespace

TrustState::TrustState(const Root& root) : root_(&root) {
  if (!root.fs().stat_at(root.dir(), layout::kTrust)) return;
  const auto trust = open_dir(root.fs(), root.dir(), layout::kTrust);
  const auto bytes = read_if_there(root.fs(), trust.get(), layout::kTrustState, kLimit);
  if (!bytes) return;
  try {
    const auto body = json::parse(as_text(*bytes));
    Floors floors;
    for (const auto& [name, floor] : body.at("channels").items()) {
      floors.channels[name] = {
          floor.at("version").get<std::uint64_t>(),
          release::ReleaseId::parse(floor.at("release_id").get<std::string>())};
    }
    for (const auto& [name, sequence] : body.at("sequences").items()) {
      floors.sequences[name] = sequence.get<std::uint64_t>();
    }
    floors_.with([&](Floors& current) { current = std::move(floors); });
  } catch (const std::exception& error) {  // no JSON, or no digest in it
    throw Error(Errc::integrity,
                "read " + path_of(trust.get(), layout::kTrustState) + ": " + error.what(),
                "the node's replay floors are damaged; restore that file, or remove it to start "
                "from the next signed statement");
  }
}

std::optional<ChannelFloor> TrustState::channel(const release::ChannelRef& channel) const {
  return floors_.with([&](const Floors& floors) -> std::optional<ChannelFloor> {
    const auto found = floors.channels.find(channel.str());
    if (found == floors.channels.end()) return std::nullopt;
    return found->second;
  });
}

std::uint64_t TrustState::sequence(const release::Name& name) const {
  return floors_.with([&](const Floors& floors) {
    const auto found = floors.sequences.find(name.str());
    return found == floors.sequences.end() ? 0 : found->second;
  });
}

std::uint64_t TrustState::highest_version(const release::Name& name) const {
  return floors_.with([&](const Floors& floors) {
    std::uint64_t highest = 0;
    for (const auto& [channel, floor] : floors.channels) {
      if (channel.starts_with(name.str() + "/")) highest = std::max(highest, floor.version);
    }
    return highest;
  });
}

void TrustState::check(const Floors& floors, const release::ChannelRef& channel,
                       std::uint64_t version, const release::ReleaseId& release) {
  const auto found = floors.channels.find(channel.str());
  if (found == floors.channels.end()) return;
  const auto& floor = found->second;
  if (version < floor.version) {
    throw Error(Errc::integrity,
                "follow " + channel.str() + ": statement version " + std::to_string(version) +
                    " is older than the " + std::to_string(floor.version) + " seen before",
                "somebody replays old statements, or the tracker lost its newest ones");
  }
  if (version == floor.version && release != floor.release) {
    throw Error(Errc::integrity,
                "follow " + channel.str() + ": two statements of version " +
                    std::to_string(version) + " name different releases",
                "the channel's key signed both; promote again to make a newer version");
  }
}

void TrustState::check_channel(const release::ChannelRef& channel, std::uint64_t version,
                               const release::ReleaseId& release) const {
  floors_.with([&](const Floors& floors) { check(floors, channel, version, release); });
}

void TrustState::raise_channel(const release::ChannelRef& channel, std::uint64_t version,
                               const release::ReleaseId& release) {
  floors_.with([&](Floors& floors) {
    check(floors, channel, version, release);
    const auto found = floors.channels.find(channel.str());
    if (found != floors.channels.end() && found->second.version == version) return;
    auto next = floors;
    next.channels[channel.str()] = {version, release};
    save(next);
    floors = std::move(next);
  });
}

void TrustState::raise_sequence(const release::Name& name, std::uint64_t sequence) {
  floors_.with([&](Floors& floors) {
    const auto found = floors.sequences.find(name.str());
    if (found != floors.sequences.end() && found->second >= sequence) return;
    auto next = floors;
    next.sequences[name.str()] = sequence;
    save(next);
    floors = std::move(next);
  });
}

void TrustState::save(const Floors& floors) const {
  json body{{"format", 1}, {"channels", json::object()}, {"sequences", floors.sequences}};
  for (const auto& [name, floor] : floors.channels) {
    body["channels"][name] = {{"version", floor.version}, {"release_id", floor.release.hex()}};
  }
  const auto trust = open_dir(root_->fs(), root_->dir(), layout::kTrust);
  replace_file(root_->fs(), trust.get(), layout::kTrustState, as_bytes(body.dump(2) + "\n"),
               Durable::yes);
}

}  // namespace roost::store
