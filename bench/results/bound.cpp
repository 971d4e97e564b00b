#include "bench/results/bound.hpp"

#include <algorithm>

namespace roost::bench {

double fluid_bound(std::uint64_t file, double seeder_up, const std::vector<BoundLink>& nodes,
                   double trunk) {
  const auto bytes = static_cast<double>(file);
  double ups = seeder_up;
  double bound = bytes / seeder_up;
  for (const BoundLink& node : nodes) {
    ups += node.up;
    bound = std::max(bound, bytes / node.down);
  }
  bound = std::max(bound, bytes * static_cast<double>(nodes.size()) / ups);
  return trunk > 0 ? std::max(bound, bytes / trunk) : bound;
}

}  // namespace roost::bench
