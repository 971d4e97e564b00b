// What a publisher says about a release after it is registered: that a channel
// names it, that it is withdrawn. Each reads what the tracker holds, signs, and
// sends; a channel that somebody else moved meanwhile is read and signed again.
// Throws Error{not_found} naming the release, and what TrackerClient throws.
#pragma once

#include <cstdint>

#include "core/crypto/keys.hpp"
#include "core/release/names.hpp"
#include "seeder/tracker_client.hpp"

namespace roost::seeder {

struct Promotion {
  proto::ChannelInfo channel;
  bool moved = false;  // false: it named this release already
};

Promotion promote(TrackerClient& tracker, const crypto::SecretKey& key,
                  const release::ReleaseRef& release, const release::Channel& channel);

// Returns the id of what was withdrawn.
release::ReleaseId unpublish(TrackerClient& tracker, const crypto::SecretKey& key,
                             const release::ReleaseRef& release);

// A channel statement of the version after `current` (0: none yet), signed.
crypto::Envelope sign_channel(const crypto::SecretKey& key, const release::ChannelRef& channel,
                              std::uint64_t current, const release::ReleaseRef& release,
                              const release::ReleaseId& id);

}  // namespace roost::seeder
