#include "peer/cause.hpp"

#include <algorithm>
#include <numeric>

namespace roost::peer {
namespace {

constexpr std::array<std::string_view, kCauses> kNames{
    "own downlink", "own uplink", "seeder", "peers", "starved of pieces", "CPU", "disk", "tracker"};

}  // namespace

std::string_view to_text(Cause cause) noexcept {
  return kNames[static_cast<std::size_t>(cause)];
}

void CauseTimes::add(Cause cause, std::chrono::duration<double> time) {
  seconds_[static_cast<std::size_t>(cause)] += time.count();
}

std::optional<Cause> CauseTimes::largest() const {
  const auto most = std::ranges::max_element(seconds_);
  if (*most <= 0) return std::nullopt;
  return static_cast<Cause>(most - seconds_.begin());
}

std::map<std::string, double> CauseTimes::shares() const {
  std::map<std::string, double> shares;
  const double sum = std::accumulate(seconds_.begin(), seconds_.end(), 0.0);
  for (std::size_t i = 0; i < kCauses; ++i) {
    if (seconds_[i] > 0) shares.emplace(kNames[i], seconds_[i] / sum);
  }
  return shares;
}

}  // namespace roost::peer
