#include "seeder/statements.hpp"

#include <fmt/format.h>

#include <chrono>
#include <span>

#include "core/release/statement.hpp"

namespace roost::seeder {
namespace {

constexpr int kAttempts = 10;

std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

release::ReleaseId id_of(TrackerClient& tracker, const release::ReleaseRef& release,
                         std::string_view verb) {
  const auto summary = tracker.release(release);
  if (!summary) {
    throw Error(
        Errc::not_found,
        fmt::format("{} {}: {} has no such release", verb, release.str(), tracker.url().str()),
        "`roost releases --tracker URL` lists what there is");
  }
  return summary->release_id;
}

// Whether it was this very key that moved the channel to where it is.
bool signed_by(const crypto::SecretKey& key, const proto::ChannelInfo& channel) {
  try {
    release::verify_channel(channel.statement, std::span(&key.public_key(), 1));
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

crypto::Envelope sign_channel(const crypto::SecretKey& key, const release::ChannelRef& channel,
                              std::uint64_t current, const release::ReleaseRef& release,
                              const release::ReleaseId& id) {
  const release::ChannelStatement statement{channel, current + 1, release, id, unix_now()};
  return crypto::sign_envelope(release::kChannelType, as_bytes(release::serialise(statement)), key);
}

Promotion promote(TrackerClient& tracker, const crypto::SecretKey& key,
                  const release::ReleaseRef& release, const release::Channel& channel) {
  const release::ChannelRef ref{release.name, channel};
  const auto id = id_of(tracker, release, "promote");
  std::string raced;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto current = tracker.channel(ref);
    // Another key's statement is no answer to this one: the tracker judges whether it may.
    if (current && current->state.release_id == id && signed_by(key, *current)) {
      return {*current, false};
    }
    const auto statement =
        sign_channel(key, ref, current ? current->state.version : 0, release, id);
    const auto answer = tracker.move_channel(ref, statement);
    if (const auto* info = std::get_if<proto::ChannelInfo>(&answer)) return {*info, true};
    raced = std::get<Raced>(answer).message;
  }
  throw Error(Errc::conflict, fmt::format("promote {} to {}: {}", release.str(), ref.str(), raced),
              "others are moving this channel all the time; try again");
}

release::ReleaseId unpublish(TrackerClient& tracker, const crypto::SecretKey& key,
                             const release::ReleaseRef& release) {
  const auto id = id_of(tracker, release, "unpublish");
  const release::UnpublishStatement statement{release, id, unix_now()};
  tracker.unpublish(
      crypto::sign_envelope(release::kUnpublishType, as_bytes(release::serialise(statement)), key));
  return id;
}

}  // namespace roost::seeder
