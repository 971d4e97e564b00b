#include "bench/simulator/topology.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace roost::bench::simulator {
namespace {

SimulateOptions fleet(unsigned nodes, unsigned zones) {
  SimulateOptions options;
  options.nodes = nodes;
  options.zones = zones;
  return options;
}

std::set<HostId> fed(const Topology& topology) {
  std::set<HostId> hosts;
  for (const auto& [dialler, other] : topology.connections) {
    EXPECT_NE(dialler, kSeeder);  // it waits to be dialled
    if (other == kSeeder) hosts.insert(dialler);
  }
  return hosts;
}

TEST(Topology, LinksEveryNodeWithTheSeederWhereThereAreNoZones) {
  EXPECT_EQ(fed(make_topology(fleet(100, 1))).size(), 100U);
}

TEST(Topology, LinksTheSeederWithItsZoneAndWithGateways) {
  const auto topology = make_topology(fleet(100, 2));
  const auto hosts = fed(topology);
  const auto in_zone = [&](unsigned zone) {
    return std::ranges::count_if(hosts,
                                 [&](HostId host) { return topology.hosts[host].zone == zone; });
  };
  EXPECT_EQ(in_zone(0), 50);
  EXPECT_GT(in_zone(1), 0);
  EXPECT_LT(in_zone(1), 10);
}

TEST(Topology, ConnectsNoTwoHostsTwice) {
  for (const unsigned nodes : {1U, 2U, 9U, 70U, 300U}) {
    std::set<std::pair<HostId, HostId>> seen;
    for (const auto& [a, b] : make_topology(fleet(nodes, 1)).connections) {
      EXPECT_NE(a, b);
      EXPECT_TRUE(seen.insert(std::minmax(a, b)).second) << a << " and " << b;
    }
  }
}

TEST(Topology, TurnsAwayFromTheSeederWhomItHasNoRoomFor) {
  EXPECT_EQ(fed(make_topology(fleet(5000, 1))).size(), 4000U);
}

}  // namespace
}  // namespace roost::bench::simulator
