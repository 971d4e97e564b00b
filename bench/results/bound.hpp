// The least time in which any scheme can bring a file to every node.
//
// Fluid limit of Kumar and Ross (2006), "Peer-Assisted File Distribution: The
// Minimum Distribution Time": max(F/u_s, F/d_min, N F/(u_s + sum u_i)); with
// zones also F/trunk, as each zone must get one copy. Pure.
#pragma once

#include <cstdint>
#include <vector>

namespace roost::bench {

struct BoundLink {
  double up = 0;  // goodput, bytes a second
  double down = 0;
};

// trunk: goodput between zones, bytes a second; 0 when there is one zone.
double fluid_bound(std::uint64_t file, double seeder_up, const std::vector<BoundLink>& nodes,
                   double trunk = 0);

}  // namespace roost::bench
