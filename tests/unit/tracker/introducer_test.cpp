// Addresses, liveness and the seeder, over the policy.
#include "tracker/introducer.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/unit/tracker/graph.hpp"
#include "tests/unit/tracker/sample.hpp"

namespace roost::tracker {
namespace {

using namespace std::chrono_literals;

PeerAddress address(std::uint32_t n) {
  return *PeerAddress::parse("10.1." + std::to_string(n / 250) + "." + std::to_string(n % 250 + 1),
                             6881);
}

class IntroducerTest : public ::testing::Test {
 protected:
  IntroducerTest() { introducer.add(entry.id); }

  static CatalogueEntry make_entry() {
    const auto given = sample::make(crypto::SecretKey::generate(), {});
    CatalogueEntry entry{given.id, given.descriptor, {}, {}, {}, {}, {}, {}, {}, 0};
    entry.seeder = *PeerAddress::parse("10.0.0.1", 6881);
    return entry;
  }
  static std::string name(std::uint32_t n) { return "n" + std::to_string(n); }

  void node(std::uint32_t n, const std::string& zone) {
    nodes.heard({name(n), address(n), zone, {channel}}, now);
    nodes.stream_opened(name(n));
    zone_of[n] = zone;
  }
  void lose(std::uint32_t n) {
    nodes.stream_closed(name(n), now);
    zone_of.erase(n);
  }
  void told(std::uint32_t n, const std::vector<proto::Neighbour>& neighbours) {
    for (const auto& neighbour : neighbours) dials[n].insert(neighbour.endpoint.str());
  }
  void introduce(std::uint32_t n) {
    told(n, introducer.introduce(entry, {name(n), address(n)}, now, rng));
  }
  void broadcast() {
    introducer.introduce_followers(entry, channel, now, rng);
    for (const auto& [n, zone] : zone_of) told(n, introducer.told(entry, address(n)));
  }
  std::vector<SwarmPeer> announce(std::uint32_t n, bool complete, bool early) {
    const Introducer::Announcement news{complete, early, now + 75s};
    introducer.announced(entry, address(n), news);
    return introducer.answer(entry, address(n), news, now, rng);
  }
  std::size_t dial_seeder(const std::string& zone) const {
    std::size_t count = 0;
    for (const auto& [n, there] : zone_of) {
      count += there == zone && dials.at(n).contains(entry.seeder.endpoint().str());
    }
    return count;
  }
  sample::GraphFacts facts() const {  // of those that live
    std::map<std::string, std::uint32_t> numbers;
    sample::TestGraph graph;
    for (const auto& [n, zone] : zone_of) {
      numbers[address(n).endpoint().str()] = n;
      graph.vertex(n);
    }
    for (const auto& [n, zone] : zone_of) {
      if (!dials.contains(n)) continue;
      for (const auto& other : dials.at(n)) {
        if (numbers.contains(other)) graph.dial(n, numbers[other]);
      }
    }
    return graph.facts();
  }

  release::ChannelRef channel = sample::channel("web/prod");
  CatalogueEntry entry = make_entry();
  NodeTable nodes{45s, 600s};
  Introducer introducer{nodes};
  Monotonic now{1000h};
  Rng rng{5};
  std::map<std::uint32_t, std::string> zone_of;
  std::map<std::uint32_t, std::set<std::string>> dials;
};

TEST_F(IntroducerTest, LinksFollowersWithEachOtherAndTheSeeder) {
  for (std::uint32_t n = 0; n < 300; ++n) node(n, "");
  broadcast();
  EXPECT_EQ(dial_seeder(""), 300U);
  EXPECT_EQ(facts().components, 1U);
  EXPECT_EQ(facts().most, kNodeDegrees.degree(300));
  const auto before = dials;
  broadcast();  // the same release, with another seeder perhaps
  EXPECT_EQ(dials, before) << "nobody gets a second set of links";
}

TEST_F(IntroducerTest, BoundsWhatABurstOfLateNodesAddsToABroadcast) {
  for (std::uint32_t n = 0; n < 100; ++n) node(n, "");
  broadcast();
  for (std::uint32_t n = 100; n < 700; ++n) {
    node(n, "");
    introduce(n);
    announce(n, false, false);  // as the library does once it starts
  }
  EXPECT_EQ(facts().components, 1U);
  EXPECT_LE(facts().most, kNodeDegrees.most(700));
  EXPECT_GE(facts().least, 5U);
  EXPECT_FALSE(facts().twice);
}

TEST_F(IntroducerTest, NamesTheSameNeighboursWhenAskedAgain) {
  for (std::uint32_t n = 0; n < 100; ++n) node(n, "");
  broadcast();
  const auto before = dials[7];
  for (int round = 0; round < 20; ++round) {
    introduce(7);
    for (const auto& peer : announce(7, false, false)) {
      EXPECT_TRUE(before.contains(peer.address.endpoint().str()));
    }
  }
  EXPECT_EQ(dials[7], before);
}

TEST_F(IntroducerTest, GivesOthersToOneInNeedAndTheSeeder) {
  for (std::uint32_t n = 0; n < 100; ++n) node(n, "");
  broadcast();
  std::size_t others = 0;
  bool seeder = false;
  for (const auto& peer : announce(7, false, true)) {
    others += !dials[7].contains(peer.address.endpoint().str());
    seeder = seeder || peer.address == entry.seeder;
  }
  EXPECT_GE(others, 5U);
  EXPECT_TRUE(seeder);
}

// A link is dialled by one of its ends, and who is complete dials nobody.
TEST_F(IntroducerTest, NamesCompleteNeighboursToWhoeverComesBack) {
  for (std::uint32_t n = 0; n < 5; ++n) node(n, "");
  broadcast();
  for (std::uint32_t n = 1; n < 5; ++n) announce(n, true, false);
  const auto again = introducer.introduce(entry, {name(0), address(0)}, now, rng);
  EXPECT_EQ(again.size(), 5U) << "four neighbours and the seeder";
}

TEST_F(IntroducerTest, HandsOutNobodyWhoIsLost) {
  for (std::uint32_t n = 0; n < 200; ++n) node(n, "");
  broadcast();
  for (std::uint32_t n = 0; n < 60; ++n) lose(n);
  now += 46s;
  dials.clear();
  std::set<std::string> lost;
  for (std::uint32_t n = 0; n < 60; ++n) lost.insert(address(n).endpoint().str());
  for (const auto& [n, zone] : zone_of) introduce(n);
  for (const auto& [n, others] : dials) {
    for (const auto& other : others) EXPECT_FALSE(lost.contains(other)) << n;
  }
  dials.clear();
  for (const auto& [n, zone] : zone_of) introduce(n);
  EXPECT_EQ(facts().components, 1U);
  EXPECT_GE(facts().least, kNodeDegrees.own(140));
}

TEST_F(IntroducerTest, KeepsOneThatOnlyAnnouncesUntilItMisses) {
  announce(1, true, false);
  node(2, "");
  introduce(2);
  EXPECT_TRUE(dials[2].contains(address(1).endpoint().str()));
  now += 76s;
  node(3, "");
  introduce(3);
  EXPECT_FALSE(dials[3].contains(address(1).endpoint().str()));
}

TEST_F(IntroducerTest, FollowsANodeToItsNewAddress) {
  for (std::uint32_t n = 0; n < 5; ++n) node(n, "");
  broadcast();
  const auto moved = *PeerAddress::parse("10.9.9.9", 7000);
  nodes.heard({name(3), moved, "", {channel}}, now);
  told(3, introducer.introduce(entry, {name(3), moved}, now, rng));
  node(9, "");
  introduce(9);
  EXPECT_TRUE(dials[9].contains("10.9.9.9:7000"));
  EXPECT_FALSE(dials[9].contains(address(3).endpoint().str()));
}

TEST_F(IntroducerTest, KeepsTheSeederToItsZoneAndTheGateways) {
  entry.seeder_zone = "a";
  for (std::uint32_t n = 0; n < 16; ++n) node(n, n < 8 ? "a" : "b");
  broadcast();
  EXPECT_EQ(dial_seeder("a"), 8U);
  EXPECT_GE(dial_seeder("b"), 1U);
  EXPECT_LE(dial_seeder("b"), 3U);
  EXPECT_EQ(facts().components, 1U);
}

TEST_F(IntroducerTest, GivesEverybodyASeederThatIsAloneInItsZone) {
  entry.seeder_zone = "build";
  for (std::uint32_t n = 0; n < 16; ++n) node(n, n < 8 ? "a" : "b");
  broadcast();
  EXPECT_EQ(dial_seeder("a") + dial_seeder("b"), 16U);
}

TEST_F(IntroducerTest, BridgesTwoIslandsForOneInNeed) {
  entry.seeder_zone = "a";
  for (std::uint32_t n = 0; n < 16; ++n) node(n, n < 8 ? "a" : "b");
  broadcast();
  // The gateways die; the tracker does not know yet.
  std::set<std::uint32_t> gateways;
  for (const auto& [n, others] : dials) {
    for (std::uint32_t m = 0; m < 16; ++m) {
      if (others.contains(address(m).endpoint().str()) && zone_of[n] != zone_of[m]) {
        gateways.insert(zone_of[n] == "b" ? n : m);
      }
    }
  }
  for (const auto n : gateways) lose(n);
  ASSERT_EQ(facts().components, 2U);
  bool across = false;
  for (const auto& [n, zone] : zone_of) {
    if (zone != "b") continue;
    for (const auto& peer : announce(n, false, true)) {
      for (std::uint32_t m = 0; m < 8; ++m) across = across || peer.address == address(m);
    }
  }
  EXPECT_TRUE(across);
}

TEST_F(IntroducerTest, PrefersReportedHoldersForNewcomers) {
  for (std::uint32_t n = 0; n < 200; ++n) node(n, "");
  broadcast();
  nodes.report(name(42), {{.release = sample::named("web@1"),
                           .release_id = entry.id,
                           .state = proto::TransferState::fetching,
                           .pieces = 50,
                           .pieces_total = 100,
                           .seconds_to_staged = {},
                           .reason = {}}});
  introducer.reported(*nodes.find(name(42)));
  node(500, "");
  introduce(500);
  EXPECT_TRUE(dials[500].contains(address(42).endpoint().str()));
}

TEST_F(IntroducerTest, LeavesOutWhoStoppedOrFailed) {
  for (std::uint32_t n = 0; n < 3; ++n) node(n, "");
  broadcast();
  introducer.left(entry.id, address(0));
  nodes.report(name(1), {{.release = sample::named("web@1"),
                          .release_id = entry.id,
                          .state = proto::TransferState::failed,
                          .seconds_to_staged = {},
                          .reason = {}}});
  introducer.reported(*nodes.find(name(1)));
  node(5, "");
  introduce(5);
  EXPECT_EQ(dials[5], (std::set<std::string>{"10.0.0.1:6881", address(2).endpoint().str()}));
}

}  // namespace
}  // namespace roost::tracker
