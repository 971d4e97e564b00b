#include "tracker/mesh.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "tests/unit/tracker/graph.hpp"
#include "tracker/handout.hpp"

namespace roost::tracker {
namespace {

using sample::GraphFacts;

GraphFacts facts(const Mesh& mesh) {
  sample::TestGraph graph;
  for (const auto vertex : mesh.vertices()) graph.vertex(vertex);
  for (const auto vertex : mesh.vertices()) {
    for (const auto& link : mesh.links(vertex)) {
      if (link.dials) graph.dial(vertex, link.other);
    }
  }
  return graph.facts();
}

// Whole, and nobody outside the bounds of a mesh that had at most `largest`.
void expect_sound(const Mesh& mesh, std::size_t largest, const std::string& where) {
  const auto seen = facts(mesh);
  const auto n = mesh.size();
  EXPECT_FALSE(seen.twice) << where;
  EXPECT_EQ(seen.components, n == 0 ? 0U : 1U) << where;
  EXPECT_LE(seen.most, kNodeDegrees.most(largest)) << where;
  EXPECT_GE(seen.least, n == 0 ? 0 : std::min(n - 1, kNodeDegrees.own(n))) << where;
}

Mesh at_once(std::size_t nodes, Rng& rng) {
  Mesh mesh(kNodeDegrees);
  std::vector<Mesh::Vertex> all;
  for (std::size_t i = 0; i < nodes; ++i) all.push_back(mesh.add());
  mesh.link_all(all, rng);
  return mesh;
}

Mesh one_by_one(std::size_t nodes, Rng& rng) {
  Mesh mesh(kNodeDegrees);
  for (std::size_t i = 0; i < nodes; ++i) mesh.link(mesh.add(), rng);
  return mesh;
}

TEST(Mesh, IsFullWhileSmall) {
  Rng rng{1};
  for (std::size_t nodes = 0; nodes <= kNodeDegrees.full_mesh; ++nodes) {
    for (const auto& mesh : {at_once(nodes, rng), one_by_one(nodes, rng)}) {
      EXPECT_EQ(facts(mesh).links * 2, nodes == 0 ? 0 : nodes * (nodes - 1)) << nodes;
      EXPECT_FALSE(facts(mesh).twice);
    }
  }
}

TEST(Mesh, SpreadsTheDiallingOfABroadcast) {
  Rng rng{1};
  for (const std::size_t nodes : {8, 10, 11, 16, 500}) {
    const auto mesh = at_once(nodes, rng);
    std::size_t least = nodes;
    std::size_t most = 0;
    for (const auto vertex : mesh.vertices()) {
      const auto dials = static_cast<std::size_t>(std::ranges::count_if(
          mesh.links(vertex), [](const Mesh::Link& link) { return link.dials; }));
      least = std::min(least, dials);
      most = std::max(most, dials);
    }
    EXPECT_LE(most - least, 1U) << nodes;
  }
}

TEST(Mesh, IsRegularWhenMadeAtOnce) {
  Rng rng{2};
  std::vector<std::size_t> sizes;
  for (std::size_t nodes = 17; nodes <= 120; ++nodes) sizes.push_back(nodes);
  for (int i = 0; i < 20; ++i) sizes.push_back(100 + rng() % 1900);
  sizes.push_back(10'000);
  for (const auto nodes : sizes) {
    const auto seen = facts(at_once(nodes, rng));
    ASSERT_EQ(seen.least, kNodeDegrees.degree(nodes)) << nodes;
    ASSERT_EQ(seen.most, kNodeDegrees.degree(nodes)) << nodes;
    ASSERT_EQ(seen.components, 1U) << nodes;
    ASSERT_FALSE(seen.twice) << nodes;
    ASSERT_LE(seen.farthest, 5U) << nodes;
  }
}

TEST(Mesh, HasAboutTwoLogNLinks) {
  EXPECT_EQ(kNodeDegrees.degree(0), 0U);
  EXPECT_EQ(kNodeDegrees.degree(10), 9U);
  EXPECT_EQ(kNodeDegrees.degree(16), 10U);
  EXPECT_EQ(kNodeDegrees.degree(17), 10U);
  EXPECT_EQ(kNodeDegrees.degree(100), 10U);
  EXPECT_EQ(kNodeDegrees.degree(2000), 14U);
  EXPECT_EQ(kNodeDegrees.degree(10'000), 18U);
}

TEST(Mesh, IsBoundedAndWholeAtEverySizeOfATrickle) {
  Rng rng{3};
  Mesh mesh(kNodeDegrees);
  for (std::size_t nodes = 1; nodes <= 10'000; ++nodes) {
    mesh.link(mesh.add(), rng);
    if (nodes > 300 && nodes % 1000 != 0) continue;
    const auto seen = facts(mesh);
    // Those who came last have their own links only; they count by the size when they came.
    ASSERT_GE(seen.least, std::min(nodes - 1, std::size_t{5})) << nodes;
    ASSERT_LE(seen.most, kNodeDegrees.most(nodes)) << nodes;
    ASSERT_EQ(seen.components, 1U) << nodes;
    ASSERT_FALSE(seen.twice) << nodes;
    ASSERT_LE(seen.farthest, 8U) << nodes;
  }
}

TEST(Mesh, SurvivesLeavesOfThirtyPercentAndHeals) {
  Rng rng{4};
  for (const std::size_t nodes : {2, 5, 10, 11, 16, 40, 200, 1000, 10'000}) {
    for (const bool burst : {true, false}) {
      auto mesh = burst ? at_once(nodes, rng) : one_by_one(nodes, rng);
      for (int round = 0; round < 3; ++round) {
        const auto before = mesh.vertices();
        for (const auto index : choose(before.size(), before.size() * 3 / 10, rng)) {
          mesh.remove(before[index]);
        }
        const auto survivors = mesh.vertices();
        for (const auto vertex : survivors) mesh.link(vertex, rng);
        expect_sound(mesh, nodes, std::to_string(nodes));
      }
    }
  }
}

TEST(Mesh, StaysWholeUnderAMixOfJoinsLeavesAndBursts) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Rng rng{seed};
    Mesh mesh(kNodeDegrees);
    std::size_t largest = 0;
    for (int step = 0; step < 30; ++step) {
      const std::size_t size = mesh.size();
      switch (rng() % 4) {
        case 0: {
          std::vector<Mesh::Vertex> fresh;
          for (std::uint64_t i = rng() % 60; i > 0; --i) fresh.push_back(mesh.add());
          mesh.link_all(fresh, rng);
          break;
        }
        case 1:
          for (std::uint64_t i = rng() % 40; i > 0; --i) mesh.link(mesh.add(), rng);
          break;
        case 2: {
          const auto before = mesh.vertices();
          for (const auto index : choose(size, size * (rng() % 4) / 10, rng)) {
            mesh.remove(before[index]);
          }
          break;
        }
        default:
          if (size > 0) mesh.link_again(mesh.vertices()[rng() % size], rng);
      }
      largest = std::max(largest, mesh.size());
      const auto everyone = mesh.vertices();
      for (const auto vertex : everyone) mesh.link(vertex, rng);
      expect_sound(mesh, largest, "seed " + std::to_string(seed) + " step " + std::to_string(step));
    }
  }
}

TEST(Mesh, LetsANewcomerMeetOneWhoHasSomething) {
  for (const std::size_t nodes : {17, 100, 1000}) {
    Rng rng{nodes};
    auto mesh = at_once(nodes, rng);
    const auto rich = mesh.vertices()[nodes / 2];
    mesh.set_ready(rich, true);
    // Its ordinary slots and as many again.
    const auto places = 2 * kNodeDegrees.most(nodes) - mesh.degree(rich);
    for (std::size_t i = 0; i < places; ++i) {
      const auto vertex = mesh.add();
      mesh.link(vertex, rng);
      EXPECT_TRUE(std::ranges::any_of(mesh.links(vertex), [&](const Mesh::Link& link) {
        return link.other == rich;
      })) << nodes;
    }
    for (int i = 0; i < 100; ++i) mesh.link(mesh.add(), rng);
    EXPECT_LE(mesh.degree(rich), 2 * kNodeDegrees.most(nodes + 200)) << "and is not run over";
  }
}

TEST(Mesh, GivesOthersToOneWhoseLinksAreOfNoUse) {
  Rng rng{6};
  auto mesh = at_once(500, rng);
  const auto poor = mesh.vertices()[7];
  for (int round = 0; round < 10; ++round) {
    std::set<Mesh::Vertex> before;
    for (const auto& link : mesh.links(poor)) before.insert(link.other);
    mesh.link_again(poor, rng);
    std::size_t fresh = 0;
    for (const auto& link : mesh.links(poor)) fresh += link.dials && !before.contains(link.other);
    EXPECT_GE(fresh, kNodeDegrees.own(500));
    expect_sound(mesh, 500, "after complaint");
  }
}

TEST(Mesh, IsTheSameForTheSameRandomness) {
  const auto links = [](std::uint64_t seed) {
    Rng rng{seed};
    auto mesh = at_once(100, rng);
    for (int i = 0; i < 50; ++i) mesh.link(mesh.add(), rng);
    std::vector<std::uint32_t> all;
    for (const auto vertex : mesh.vertices()) {
      for (const auto& link : mesh.links(vertex)) all.push_back(link.other);
    }
    return all;
  };
  EXPECT_EQ(links(9), links(9));
  EXPECT_NE(links(9), links(10));
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
