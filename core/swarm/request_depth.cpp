#include "core/swarm/request_depth.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace roost::swarm {
namespace {

using Seconds = std::chrono::duration<double>;
constexpr double kBlock = 16 * 1024;

}  // namespace

bool RequestDepth::due(Monotonic now) const noexcept {
  if (since_ == Monotonic::min()) return true;
  return now - since_ >= std::max<Monotonic::duration>(kInterval, 2 * round_trip_);
}

std::optional<int> RequestDepth::judge(Monotonic now, std::chrono::microseconds round_trip) {
  const bool first = since_ == Monotonic::min();
  const double passed = first ? 0 : Seconds(now - since_).count();
  const double rate = passed > 0 ? static_cast<double>(bytes_) / passed : 0;
  since_ = now;
  bytes_ = 0;
  round_trip_ = round_trip;
  if (first) return std::nullopt;
  // Up at once, down slowly: a link that is starved for a moment is none that got slower.
  rate_ = rate > rate_ ? rate : rate_ + (rate - rate_) / 8;
  const double span = Seconds(2 * round_trip + kSlack).count();
  const int wanted =
      std::clamp(static_cast<int>(std::lround(rate_ * span / kBlock)) + 1, kLeast, kMost);
  if (std::abs(wanted - depth_) * 4 < depth_) return std::nullopt;
  depth_ = wanted;
  return depth_;
}

}  // namespace roost::swarm
