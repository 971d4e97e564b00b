#include <algorithm>
#include <cmath>

#include "bench/results/run.hpp"
#include "core/base/error.hpp"

namespace roost::bench {
namespace {

const std::optional<double>& time_of(const NodeRun& node, Milestone milestone) {
  switch (milestone) {
    case Milestone::first:
      return node.first_s;
    case Milestone::done:
      return node.done_s;
    case Milestone::staged:
      break;
  }
  return node.staged_s;
}

}  // namespace

std::optional<double> time_to_share(const Run& run, double share, Milestone milestone) {
  if (!(share > 0 && share <= 1)) {
    throw Error(Errc::usage, "find the time to a share: it must lie above 0 and up to 1");
  }
  std::vector<double> times;
  std::size_t asked = 0;
  for (const NodeRun& node : run.nodes) {
    if (!node.must_finish) continue;
    ++asked;
    if (const auto& time = time_of(node, milestone)) times.push_back(*time - node.joined_s);
  }
  if (asked == 0) return std::nullopt;
  // Half of 16 is 8 also where the product is 8.000000000000002.
  constexpr double kRounding = 1e-9;
  const auto needed = std::max<std::size_t>(
      1, static_cast<std::size_t>(std::ceil(share * static_cast<double>(asked) - kRounding)));
  if (times.size() < needed) return std::nullopt;
  std::ranges::sort(times);
  return times[needed - 1];
}

}  // namespace roost::bench
