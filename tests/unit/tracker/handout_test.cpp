#include "tracker/handout.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace roost::tracker {
namespace {

using Neighbours = std::vector<std::set<std::uint32_t>>;

// Both directions of every dial, failing on self-loops and pairs dialled twice.
Neighbours undirected(std::size_t nodes, const Graph& graph) {
  Neighbours result(nodes);
  for (std::uint32_t node = 0; node < nodes; ++node) {
    for (const auto other : graph.dials(node)) {
      EXPECT_LT(other, nodes);
      EXPECT_NE(other, node);
      EXPECT_TRUE(result[node].insert(other).second) << node << " and " << other << " twice";
      EXPECT_TRUE(result[other].insert(node).second) << node << " and " << other << " twice";
    }
  }
  return result;
}

// Hops to the farthest node, or nodes if some can't be reached.
std::size_t eccentricity(const Neighbours& graph, std::uint32_t start,
                         const std::set<std::uint32_t>& dead = {}) {
  std::vector<std::size_t> hops(graph.size(), graph.size());
  std::vector<std::uint32_t> queue{start};
  hops[start] = 0;
  for (std::size_t i = 0; i < queue.size(); ++i) {
    for (const auto next : graph[queue[i]]) {
      if (hops[next] != graph.size() || dead.contains(next)) continue;
      hops[next] = hops[queue[i]] + 1;
      queue.push_back(next);
    }
  }
  std::size_t farthest = 0;
  for (std::uint32_t node = 0; node < graph.size(); ++node) {
    if (!dead.contains(node)) farthest = std::max(farthest, hops[node]);
  }
  return farthest;
}

TEST(Handout, IsAFullMeshWhileSmall) {
  Rng rng{1};
  for (std::size_t nodes = 0; nodes <= kFullMesh; ++nodes) {
    const Graph graph(nodes, rng);
    for (const auto& neighbours : undirected(nodes, graph)) {
      EXPECT_EQ(neighbours.size(), nodes - 1) << nodes;
    }
  }
}

TEST(Handout, SpreadsTheDialling) {
  Rng rng{1};
  for (const std::size_t nodes : {8, 16, 17, 500}) {
    const Graph graph(nodes, rng);
    std::size_t least = nodes;
    std::size_t most = 0;
    for (std::uint32_t node = 0; node < nodes; ++node) {
      least = std::min(least, graph.dials(node).size());
      most = std::max(most, graph.dials(node).size());
    }
    EXPECT_LE(most - least, 1U) << nodes;
  }
}

TEST(Handout, IsConnectedAndOfBoundedDegree) {
  Rng rng{2};
  std::vector<std::size_t> sizes;
  for (std::size_t nodes = kFullMesh + 1; nodes <= 120; ++nodes) sizes.push_back(nodes);
  for (int i = 0; i < 40; ++i) sizes.push_back(100 + rng() % 1900);
  sizes.push_back(2000);
  for (const auto nodes : sizes) {
    const Graph graph(nodes, rng);
    const auto neighbours = undirected(nodes, graph);
    for (const auto& set : neighbours) ASSERT_EQ(set.size(), handout_degree(nodes)) << nodes;
    ASSERT_LE(eccentricity(neighbours, 0), 6U) << nodes;
  }
}

TEST(Handout, HasAboutThreeLogNNeighbours) {
  EXPECT_EQ(handout_degree(0), 0U);
  EXPECT_EQ(handout_degree(16), 15U);
  EXPECT_EQ(handout_degree(17), 10U);
  EXPECT_EQ(handout_degree(100), 12U);
  EXPECT_EQ(handout_degree(2000), 22U);
  EXPECT_EQ(handout_degree(10000), 26U);
}

TEST(Handout, StaysConnectedWhenATenthDies) {
  Rng rng{3};
  for (int round = 0; round < 20; ++round) {
    constexpr std::size_t kNodes = 1000;
    const auto neighbours = undirected(kNodes, Graph(kNodes, rng));
    std::set<std::uint32_t> dead;
    for (const auto node : choose(kNodes, kNodes / 10, rng)) dead.insert(node);
    std::uint32_t start = 0;
    while (dead.contains(start)) ++start;
    EXPECT_LT(eccentricity(neighbours, start, dead), 10U);
  }
}

TEST(Choose, GivesDistinctOnesUniformly) {
  Rng rng{4};
  std::map<std::uint32_t, int> seen;
  for (int round = 0; round < 10000; ++round) {
    const auto chosen = choose(20, 5, rng);
    ASSERT_EQ(std::set<std::uint32_t>(chosen.begin(), chosen.end()).size(), 5U);
    for (const auto value : chosen) ++seen[value];
  }
  ASSERT_EQ(seen.size(), 20U);
  for (const auto& [value, count] : seen) EXPECT_NEAR(count, 2500, 220) << value;
  EXPECT_TRUE(choose(0, 5, rng).empty());
  EXPECT_TRUE(choose(5, 0, rng).empty());
  EXPECT_EQ(choose(5, 9, rng).size(), 5U);
}

}  // namespace
}  // namespace roost::tracker
