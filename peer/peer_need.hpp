// When a node that fetches should ask the tracker for other peers: nothing has
// come for a while, or most of its links are gone. The tracker reads an announce
// before its time as just this (docs/protocol.md), and gives it others.
//
// Pure: time is an argument. One thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "core/base/deadline.hpp"

namespace roost::peer {

class PeerNeed {
 public:
  explicit PeerNeed(Monotonic now) : last_growth_(now), last_asked_(now) {}

  // True if it should ask now. peers: connected; bytes: received so far.
  bool due(Monotonic now, std::uint32_t peers, std::uint64_t bytes) {
    using namespace std::chrono_literals;
    if (bytes != bytes_) last_growth_ = now;
    bytes_ = bytes;
    most_peers_ = std::max(most_peers_, peers);
    // Two or three may be all that there are: only who had more has lost some.
    const bool lonely = peers < 3 && peers < most_peers_;
    const bool starving = now - last_growth_ >= 2s;
    if (!lonely && !starving) {
      pause_ = 2s;
      return false;
    }
    if (now - last_asked_ < pause_) return false;
    last_asked_ = now;
    pause_ = std::min<Monotonic::duration>(2 * pause_, 30s);
    return true;
  }

 private:
  Monotonic last_growth_;
  Monotonic last_asked_;
  Monotonic::duration pause_ = std::chrono::seconds(2);
  std::uint64_t bytes_ = 0;
  std::uint32_t most_peers_ = 0;
};

}  // namespace roost::peer
