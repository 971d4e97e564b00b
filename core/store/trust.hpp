// trust/state.json: floors that never fall, so that what was signed once can't be
// replayed to move a node back. Durable before raise_*() returns.
//
// The sequence floor is for releases that no channel statement names; a channel
// may go back to an older release by a new statement. Thread-safe. Errors:
// integrity for a damaged file (never taken as empty) and for what is below a floor.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/base/guarded.hpp"
#include "core/release/names.hpp"
#include "core/store/root.hpp"

namespace roost::store {

struct ChannelFloor {
  std::uint64_t version = 0;
  release::ReleaseId release;
};

class TrustState {
 public:
  explicit TrustState(const Root& root);

  std::optional<ChannelFloor> channel(const release::ChannelRef& channel) const;
  std::uint64_t sequence(const release::Name& name) const;  // 0: none seen

  // The highest channel version seen for that name, over its channels.
  std::uint64_t highest_version(const release::Name& name) const;

  // Throws integrity when the version is below the floor, or equal with another release.
  void check_channel(const release::ChannelRef& channel, std::uint64_t version,
                     const release::ReleaseId& release) const;

  // check_channel(), then the floor is at least that.
  void raise_channel(const release::ChannelRef& channel, std::uint64_t version,
                     const release::ReleaseId& release);
  void raise_sequence(const release::Name& name, std::uint64_t sequence);

 private:
  struct Floors {
    std::map<std::string, ChannelFloor> channels;  // NAME/CHANNEL
    std::map<std::string, std::uint64_t> sequences;
  };
  static void check(const Floors& floors, const release::ChannelRef& channel, std::uint64_t version,
                    const release::ReleaseId& release);
  void save(const Floors& floors) const;

  const Root* root_;
  Guarded<Floors> floors_;
};

}  // namespace roost::store
