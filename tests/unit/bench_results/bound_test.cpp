// The bound is a maximum of four terms: in each case another one decides.
#include "bench/results/bound.hpp"

#include <gtest/gtest.h>

namespace roost::bench {
namespace {

std::vector<BoundLink> equal(std::size_t count, double rate) {
  return {count, BoundLink{.up = rate, .down = rate}};
}

TEST(FluidBound, IsTheSeedersUplinkWhereItIsSlowest) {
  EXPECT_DOUBLE_EQ(fluid_bound(1000, 10, equal(4, 100)), 100);
}

TEST(FluidBound, IsTheSlowestDownlinkWhereThatIsSlowest) {
  auto nodes = equal(4, 100);
  nodes[2].down = 5;
  EXPECT_DOUBLE_EQ(fluid_bound(1000, 100, nodes), 200);
}

TEST(FluidBound, IsTheSumOfAllUplinksWhereTheyAreScarce) {
  const std::vector<BoundLink> nodes(8, BoundLink{.up = 10, .down = 1000});
  EXPECT_DOUBLE_EQ(fluid_bound(1000, 80, nodes), 8 * 1000.0 / (80 + 8 * 10));
}

TEST(FluidBound, IsTheTrunkWhereItIsSlowest) {
  EXPECT_DOUBLE_EQ(fluid_bound(1000, 100, equal(4, 100), 4), 250);
  EXPECT_DOUBLE_EQ(fluid_bound(1000, 100, equal(4, 100), 0), 10);
}

TEST(FluidBound, OfEqualLinksDoesNotGrowWithTheirNumber) {
  EXPECT_DOUBLE_EQ(fluid_bound(1000, 10, equal(8, 10)), fluid_bound(1000, 10, equal(8000, 10)));
}

}  // namespace
}  // namespace roost::bench
