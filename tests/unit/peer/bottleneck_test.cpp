#include "peer/bottleneck.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace roost::peer {
namespace {

// A node in a swarm of equals whose link is not full: each case changes what matters.
Slice usual() {
  Slice slice;
  slice.origins = 1;
  slice.peers = 7;
  slice.origins_asked = 0.9;
  slice.peers_asked = 1;
  slice.peer_links_asked = 0.9;
  slice.askers = 0.9;
  slice.in = 3e6;
  slice.out = 2e6;
  slice.link_in = 3e6;
  slice.link_out = 2e6;
  slice.fetching_busy = 0.3;
  return slice;
}

constexpr BestRates kBest{6e6, 6e6};

Cause after(const std::function<void(Slice&)>& change, const BestRates& best = kBest) {
  Slice slice = usual();
  change(slice);
  return judge(slice, best);
}

TEST(Bottleneck, IsPeersWhereTheyAreAskedAndNoLinkOfOursIsFull) {
  EXPECT_EQ(after([](Slice&) {}), Cause::peers);
}

TEST(Bottleneck, IsTheDownlinkAtTheLimitOrAtItsBestRate) {
  EXPECT_EQ(after([](Slice& s) { s.limit_in = 3.3e6; }), Cause::own_downlink);
  EXPECT_EQ(after([](Slice& s) { s.limit_in = 30e6; }), Cause::peers);
  EXPECT_EQ(after([](Slice& s) { s.link_in = 5.8e6; }), Cause::own_downlink);
}

TEST(Bottleneck, IsTheUplinkOnlyWhileSomebodyWaitsForOurBytes) {
  EXPECT_EQ(after([](Slice& s) { s.limit_out = 2.2e6; }), Cause::own_uplink);
  EXPECT_EQ(after([](Slice& s) { s.link_out = 5.8e6; }), Cause::own_uplink);
  EXPECT_EQ(after([](Slice& s) {
              s.link_out = 5.8e6;
              s.askers = 0.1;
            }),
            Cause::peers);
}

TEST(Bottleneck, IsTheDownlinkWhereBothLinksAreFull) {
  EXPECT_EQ(after([](Slice& s) { s.link_in = s.link_out = 5.8e6; }), Cause::own_downlink);
}

TEST(Bottleneck, TakesASteadyRateFromOneSourceForNoFullLink) {
  EXPECT_EQ(after([](Slice& s) {
              s.origins = 0;
              s.origins_asked = 0;
              s.peers = 1;
              s.link_in = 6e6;
            }),
            Cause::peers);
}

TEST(Bottleneck, IsTheSeederWhereOthersHaveLittleThatWeLack) {
  EXPECT_EQ(after([](Slice& s) { s.peer_links_asked = 0.15; }), Cause::seeder);
  // Its rate is the best that was ever seen, since it has always been the limit.
  EXPECT_EQ(after([](Slice& s) { s.peer_links_asked = 0.15; }, {3e6, 2e6}), Cause::seeder);
}

TEST(Bottleneck, OfNothingAskedIsTheSeederIfOneIsThere) {
  const auto idle = [](Slice& s) { s.origins_asked = s.peers_asked = s.peer_links_asked = 0.1; };
  EXPECT_EQ(after(idle), Cause::seeder);
  EXPECT_EQ(after([&](Slice& s) {
              idle(s);
              s.origins = 0;
            }),
            Cause::starved);
}

TEST(Bottleneck, IsTheTrackerOnlyWhereNobodyIsKnownAndItIsSilent) {
  const auto alone = [](Slice& s) {
    s = {};
    s.lonely = s.tracker_silent = true;
  };
  EXPECT_EQ(after(alone), Cause::tracker);
  EXPECT_EQ(after([&](Slice& s) {
              alone(s);
              s.tracker_silent = false;
            }),
            Cause::starved);
  EXPECT_EQ(after([](Slice& s) { s.tracker_silent = true; }), Cause::peers);
}

TEST(Bottleneck, IsThisMachineBeforeAnyLinkThatOnlySeemsFull) {
  EXPECT_EQ(after([](Slice& s) { s.fetching_busy = 0.95; }), Cause::cpu);
  EXPECT_EQ(after([](Slice& s) { s.fetching_blocked = true; }), Cause::disk);
  EXPECT_EQ(after([](Slice& s) { s.unpacking_busy = 1; }), Cause::peers);  // it holds up nothing
  EXPECT_EQ(after([](Slice& s) {
              s.limit_in = 3e6;
              s.fetching_busy = 1;
            }),
            Cause::own_downlink);
}

TEST(Bottleneck, OfACompleteImageIsTheCpuOrTheDisk) {
  EXPECT_EQ(after([](Slice& s) {
              s.complete = true;
              s.unpacking_busy = 0.9;
            }),
            Cause::cpu);
  EXPECT_EQ(after([](Slice& s) { s.complete = true; }), Cause::disk);
}

TEST(CauseTimes, SharesSumToOneAndTheLargestIsTheVerdict) {
  using namespace std::chrono_literals;
  CauseTimes times;
  EXPECT_EQ(times.largest(), std::nullopt);
  EXPECT_TRUE(times.shares().empty());
  times.add(Cause::seeder, 1s);
  times.add(Cause::cpu, 2s);
  times.add(Cause::seeder, 2s);
  EXPECT_EQ(times.largest(), Cause::seeder);
  EXPECT_EQ(times.shares(), (std::map<std::string, double>{{"seeder", 0.6}, {"CPU", 0.4}}));
}

}  // namespace
}  // namespace roost::peer
