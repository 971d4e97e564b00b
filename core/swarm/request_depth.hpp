// How many blocks one peer may have requested from us and not yet received.
//
// BitTorrent's messages share one stream, so whatever a peer asks for stands in
// front of what we tell it: a second's worth of blocks makes every HAVE a second
// late, and the last pieces wait behind blocks that others could have sent. But
// too few leave the link idle for a round trip. So: as much as the link carries
// in two round trips and a little. Where the depth itself was the limit, that
// doubles it, hence any bandwidth-delay product is found within a few steps.
// Pure, one object a link, one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/base/deadline.hpp"

namespace roost::swarm {

class RequestDepth {
 public:
  static constexpr int kInitial = 8;
  static constexpr int kLeast = 3;    // one on the wire, one read from disk, one on its way to us
  static constexpr int kMost = 2000;  // 32 MB: 10 Gbit/s over 25 ms
  static constexpr std::chrono::milliseconds kSlack{80};
  static constexpr std::chrono::milliseconds kInterval{100};

  void sent(std::uint64_t bytes) noexcept { bytes_ += bytes; }

  // Whether kInterval or two round trips have passed since the last verdict.
  bool due(Monotonic now) const noexcept;

  // The depth from now on, when it differs from what was said by a quarter or
  // more. `round_trip` is the least that was seen, not what queues have made of it.
  std::optional<int> judge(Monotonic now, std::chrono::microseconds round_trip);

  int depth() const noexcept { return depth_; }

 private:
  std::uint64_t bytes_ = 0;  // since the last verdict
  double rate_ = 0;          // bytes a second, smoothed over a few verdicts
  Monotonic since_ = Monotonic::min();
  std::chrono::microseconds round_trip_{0};
  int depth_ = kInitial;
};

}  // namespace roost::swarm
