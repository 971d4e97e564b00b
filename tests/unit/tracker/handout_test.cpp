#include "tracker/handout.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>

#include "tests/unit/tracker/graph.hpp"

namespace roost::tracker {
namespace {

using sample::GraphFacts;
using sample::TestGraph;

// A handout and who is in it.
class Fleet {
 public:
  explicit Fleet(std::uint64_t seed, const DegreeRule& degrees = kNodeDegrees)
      : rng(seed), handout(degrees) {}

  void broadcast(const std::vector<std::pair<std::string, std::size_t>>& zones) {
    std::vector<Handout::Id> fresh;
    for (const auto& [zone, count] : zones) {
      for (std::size_t i = 0; i < count; ++i) fresh.push_back(join(zone));
    }
    handout.introduce_all(fresh, rng);
  }
  // In random order, each on its own.
  void trickle(const std::vector<std::pair<std::string, std::size_t>>& zones) {
    std::vector<std::string> order;
    for (const auto& [zone, count] : zones) order.insert(order.end(), count, zone);
    std::ranges::shuffle(order, rng);
    for (const auto& zone : order) handout.introduce(join(zone), rng);
  }
  void lose(std::size_t percent) {
    const auto ids = all();
    for (const auto index : choose(ids.size(), ids.size() * percent / 100, rng)) {
      handout.leave(ids[index]);
      zone_of.erase(ids[index]);
    }
  }
  void heal() {
    for (const auto id : all()) handout.introduce(id, rng);
  }

  Handout::Id join(const std::string& zone) {
    const auto id = handout.join(zone);
    zone_of[id] = zone;
    return id;
  }
  std::vector<Handout::Id> all() const {
    std::vector<Handout::Id> ids;
    for (const auto& [id, zone] : zone_of) ids.push_back(id);
    return ids;
  }
  std::map<std::string, std::size_t> sizes() const {
    std::map<std::string, std::size_t> result;
    for (const auto& [id, zone] : zone_of) ++result[zone];
    return result;
  }

  Rng rng;
  Handout handout;
  std::map<Handout::Id, std::string> zone_of;
};

GraphFacts facts(const Fleet& fleet, const std::string* only = nullptr) {
  TestGraph graph;
  const auto in = [&](Handout::Id id) { return only == nullptr || fleet.zone_of.at(id) == *only; };
  for (const auto& [id, zone] : fleet.zone_of) {
    if (in(id)) graph.vertex(id);
  }
  for (const auto& [id, zone] : fleet.zone_of) {
    for (const auto other : fleet.handout.dials(id)) {
      EXPECT_TRUE(fleet.zone_of.contains(other)) << "a dead one is handed out";
      if (in(id) && in(other)) graph.dial(id, other);
    }
  }
  return graph.facts();
}

std::map<std::pair<std::string, std::string>, std::size_t> across(const Fleet& fleet) {
  std::map<std::pair<std::string, std::string>, std::size_t> result;
  for (const auto& [id, zone] : fleet.zone_of) {
    for (const auto other : fleet.handout.dials(id)) {
      const auto& there = fleet.zone_of.at(other);
      if (zone != there) ++result[std::minmax(zone, there)];
    }
  }
  return result;
}

// The whole is one, each zone is one in itself, and few links cross.
void expect_sound(const Fleet& fleet, const std::string& where) {
  const auto whole = facts(fleet);
  EXPECT_FALSE(whole.twice) << where;
  EXPECT_EQ(whole.components, 1U) << where;
  const auto sizes = fleet.sizes();
  for (const auto& [zone, count] : sizes) {
    const auto inside = facts(fleet, &zone);
    EXPECT_EQ(inside.components, 1U) << where << " zone " << zone;
    EXPECT_GE(inside.least, std::min(count - 1, std::size_t{5})) << where << " zone " << zone;
    EXPECT_LE(inside.most, kNodeDegrees.most(10'000)) << where << " zone " << zone;
  }
  const auto crossing = across(fleet);
  if (sizes.size() <= kZoneDegrees.full_mesh) {
    EXPECT_EQ(crossing.size(), sizes.size() * (sizes.size() - 1) / 2) << where;
  }
  for (const auto& [zones, links] : crossing) {
    const auto wanted = links_across(sizes.at(zones.first), sizes.at(zones.second), sizes.size());
    EXPECT_GE(links, wanted) << where << " " << zones.first << " to " << zones.second;
    // Links that were made while there were two zones stay.
    const auto once = links_across(sizes.at(zones.first), sizes.at(zones.second), 2);
    EXPECT_LE(links, std::max(3 * wanted, 2 * once))
        << where << " " << zones.first << " to " << zones.second;
  }
}

using Zones = std::vector<std::pair<std::string, std::size_t>>;

const std::vector<Zones>& shapes() {
  static const std::vector<Zones> all{
      {{"", 1}},
      {{"", 300}},
      {{"a", 8}, {"b", 8}},
      {{"a", 1}, {"b", 1}},
      {{"a", 1}, {"b", 999}},
      {{"a", 2}, {"b", 40}, {"", 7}},
      {{"a", 500}, {"b", 500}, {"c", 3}},
      {{"a", 100}, {"b", 20}, {"c", 20}, {"d", 20}},
  };
  return all;
}

TEST(Handout, LinksEverybodyWithEverybodyWithoutABound) {
  for (const bool at_once : {true, false}) {
    Fleet fleet(1, kFullMesh);
    if (at_once) {
      fleet.broadcast({{"", 60}});
    } else {
      fleet.trickle({{"", 60}});
    }
    EXPECT_EQ(facts(fleet).least, 59U);
    EXPECT_FALSE(facts(fleet).twice);
  }
}

TEST(Handout, LinksZonesInABroadcast) {
  for (const auto& zones : shapes()) {
    Fleet fleet(1);
    fleet.broadcast(zones);
    expect_sound(fleet, zones[0].first + std::to_string(fleet.zone_of.size()));
  }
}

TEST(Handout, LinksZonesInATrickle) {
  for (const auto& zones : shapes()) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      Fleet fleet(seed);
      fleet.trickle(zones);
      expect_sound(fleet, zones[0].first + std::to_string(fleet.zone_of.size()));
    }
  }
}

TEST(Handout, HealsAfterLosses) {
  for (const auto& zones : shapes()) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      Fleet fleet(seed);
      if (seed % 2 == 0) {
        fleet.broadcast(zones);
      } else {
        fleet.trickle(zones);
      }
      fleet.lose(30);
      fleet.heal();
      if (fleet.zone_of.empty()) continue;
      expect_sound(fleet, "lost " + std::to_string(seed));
    }
  }
}

TEST(Handout, StaysWholeUnderAMix) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Fleet fleet(seed);
    for (int step = 0; step < 12; ++step) {
      const Zones some{{"a", fleet.rng() % 30}, {"b", fleet.rng() % 3}, {"c", fleet.rng() % 60}};
      switch (fleet.rng() % 3) {
        case 0:
          fleet.broadcast(some);
          break;
        case 1:
          fleet.trickle(some);
          break;
        default:
          fleet.lose(fleet.rng() % 31);
      }
      fleet.heal();
      if (fleet.zone_of.empty()) continue;
      const auto whole = facts(fleet);
      ASSERT_EQ(whole.components, 1U) << seed << " " << step;
      ASSERT_FALSE(whole.twice) << seed << " " << step;
    }
  }
}

TEST(Handout, LosesNoZoneWhenItsGatewaysDie) {
  Fleet fleet(3);
  fleet.broadcast({{"a", 20}, {"b", 20}});
  for (const auto id : fleet.all()) {
    if (fleet.zone_of[id] != "b" || !fleet.handout.gateway(id)) continue;
    fleet.handout.leave(id);
    fleet.zone_of.erase(id);
  }
  EXPECT_EQ(facts(fleet).components, 2U);
  // Whoever asks first bridges the gap.
  for (const auto id : fleet.all()) {
    if (fleet.zone_of[id] != "b") continue;
    fleet.handout.introduce(id, fleet.rng);
    break;
  }
  EXPECT_EQ(facts(fleet).components, 1U);
  fleet.heal();
  expect_sound(fleet, "after the gateways' death");
}

TEST(Handout, CrossesOftenerForThoseInNeed) {
  Fleet fleet(4);
  fleet.broadcast({{"a", 8}, {"b", 8}});
  for (int round = 0; round < 20; ++round) {
    for (const auto id : fleet.all()) {
      if (fleet.zone_of[id] == "b") fleet.handout.introduce_again(id, fleet.rng);
    }
  }
  const auto links = across(fleet).begin()->second;
  EXPECT_GT(links, 8U);
  EXPECT_LE(links, 20U) << "but not without end";
}

TEST(Handout, LetsTheSeederFeedItsZoneAndOneGatewayOfEachOther) {
  Fleet fleet(6);
  fleet.broadcast({{"a", 20}, {"b", 20}, {"c", 20}});
  std::map<std::string, std::size_t> fed;
  for (const auto id : fleet.all()) {
    if (!fleet.handout.dials_seeder(id, "a")) continue;
    ++fed[fleet.zone_of[id]];
    EXPECT_TRUE(fleet.zone_of[id] == "a" || fleet.handout.gateway(id)) << id;
  }
  EXPECT_EQ(fed, (std::map<std::string, std::size_t>{{"a", 20}, {"b", 1}, {"c", 1}}));
  for (const auto id : fleet.all()) {
    EXPECT_TRUE(fleet.handout.dials_seeder(id, "")) << "its zone is not known";
    EXPECT_TRUE(fleet.handout.dials_seeder(id, "d")) << "nobody else is there to be fed";
  }
}

TEST(Handout, JoinsManyZonesByFewLinks) {
  for (const bool burst : {true, false}) {
    Fleet fleet(5);
    Zones zones;
    for (int i = 0; i < 100; ++i) zones.emplace_back("rack-" + std::to_string(i), 20);
    if (burst) {
      fleet.broadcast(zones);
    } else {
      fleet.trickle(zones);
    }
    expect_sound(fleet, burst ? "burst" : "trickle");
    std::size_t links = 0;
    for (const auto& [pair, count] : across(fleet)) links += count;
    EXPECT_LT(links, 2000U) << "less than one a node";
    fleet.lose(30);
    fleet.heal();
    expect_sound(fleet, "after losses");
  }
}

TEST(Handout, LinksNodesThatAreZonesOfTheirOwn) {
  for (const bool burst : {true, false}) {
    Fleet fleet(6);
    Zones zones;
    for (int i = 0; i < 500; ++i) zones.emplace_back(std::to_string(i), 1);
    if (burst) {
      fleet.broadcast(zones);
    } else {
      fleet.trickle(zones);
    }
    const auto seen = facts(fleet);
    EXPECT_EQ(seen.components, 1U);
    EXPECT_LE(seen.farthest, 10U);
    EXPECT_LE(seen.most, kZoneDegrees.most(500));
  }
}

TEST(Handout, PrefersAFarEndThatHasSomething) {
  Fleet fleet(7);
  fleet.broadcast({{"a", 100}});
  const auto rich = fleet.all()[42];
  fleet.handout.set_ready(rich, true);
  const auto newcomer = fleet.join("b");
  fleet.handout.introduce(newcomer, fleet.rng);
  const auto dials = fleet.handout.dials(newcomer);
  EXPECT_NE(std::ranges::find(dials, rich), dials.end());
}

TEST(Handout, FollowsANodeIntoAnotherZone) {
  Fleet fleet(8);
  fleet.broadcast({{"a", 20}, {"b", 20}});
  const auto id = fleet.all()[3];
  fleet.handout.set_ready(id, true);
  fleet.handout.move(id, "b");
  fleet.zone_of[id] = "b";
  fleet.heal();
  EXPECT_EQ(fleet.handout.zone(id), "b");
  expect_sound(fleet, "after the move");
}

TEST(Handout, IsTheSameForTheSameRandomness) {
  const auto links = [](std::uint64_t seed) {
    Fleet fleet(seed);
    fleet.broadcast({{"a", 60}, {"b", 20}});
    fleet.trickle({{"a", 20}, {"c", 9}});
    std::vector<std::vector<Handout::Id>> all;
    for (const auto id : fleet.all()) all.push_back(fleet.handout.neighbours(id));
    return all;
  };
  EXPECT_EQ(links(9), links(9));
  EXPECT_NE(links(9), links(10));
}

}  // namespace
}  // namespace roost::tracker
