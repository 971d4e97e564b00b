#include "tracker/swarm_table.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/base/error.hpp"
#include "tracker/announce_reply.hpp"

namespace roost::tracker {
namespace {

using namespace std::chrono_literals;

InfoHash hash_of(std::uint8_t value) {
  InfoHash hash;
  hash.bytes.fill(value);
  return hash;
}

class SwarmTableTest : public ::testing::Test {
 protected:
  SwarmTableTest() { table.add(hash_of(1)); }

  static PeerAddress address(int n) {
    return *PeerAddress::parse("10.0." + std::to_string(n / 250) + "." + std::to_string(n % 250),
                               6881);
  }
  static AnnounceRequest request(int n, std::uint64_t left,
                                 AnnounceEvent event = AnnounceEvent::none) {
    AnnounceRequest result;
    result.info_hash = hash_of(1);
    result.peer_id.fill(static_cast<std::uint8_t>(n));
    result.peer_id[0] = static_cast<std::uint8_t>(n >> 8);
    result.port = 6881;
    result.left = left;
    result.event = event;
    return result;
  }
  AnnounceResult announce(int n, std::uint64_t left, AnnounceEvent event = AnnounceEvent::none) {
    return table.announce(request(n, left, event), address(n), now, rng);
  }
  static std::set<std::string> addresses(const AnnounceResult& result) {
    std::set<std::string> set;
    for (const auto& peer : result.peers) set.insert(peer.address.endpoint().str());
    return set;
  }

  SwarmTable table;
  Monotonic now{1000h};
  Rng rng{7};
};

TEST_F(SwarmTableTest, KnowsOnlyAddedSwarms) {
  auto other = request(1, 1);
  other.info_hash = hash_of(2);
  EXPECT_THROW(table.announce(other, address(1), now, rng), Error);
  EXPECT_FALSE(table.scrape(hash_of(2)));
  table.add(hash_of(2));
  EXPECT_NO_THROW(table.announce(other, address(1), now, rng));
  table.remove(hash_of(2));
  EXPECT_THROW(table.announce(other, address(1), now, rng), Error);
  EXPECT_EQ(table.peers(), 0U);
}

TEST_F(SwarmTableTest, HandsOutOthersButNeverOneself) {
  EXPECT_TRUE(announce(1, 5).peers.empty());
  EXPECT_EQ(addresses(announce(2, 5)), std::set<std::string>{"10.0.0.1:6881"});
  EXPECT_EQ(addresses(announce(1, 5)), std::set<std::string>{"10.0.0.2:6881"});
}

TEST_F(SwarmTableTest, LeavesOutTheSamePeerUnderItsOtherAddress) {
  const auto v6 = *PeerAddress::parse("fe80::1", 6881);
  table.announce(request(1, 5), v6, now, rng);
  EXPECT_TRUE(announce(1, 5).peers.empty());
}

TEST_F(SwarmTableTest, HandsNoSeedsToSeeds) {
  announce(1, 0);
  announce(2, 0);
  announce(3, 9);
  EXPECT_EQ(addresses(announce(1, 0)), std::set<std::string>{"10.0.0.3:6881"});
  EXPECT_EQ(announce(3, 9).peers.size(), 2U);
}

TEST_F(SwarmTableTest, CountsSeedsLeechersAndCompletions) {
  announce(1, 0);
  announce(2, 4, AnnounceEvent::started);
  EXPECT_EQ(table.scrape(hash_of(1))->complete, 1U);
  EXPECT_EQ(table.scrape(hash_of(1))->incomplete, 1U);
  announce(2, 0, AnnounceEvent::completed);
  const auto result = announce(2, 0, AnnounceEvent::completed);
  EXPECT_EQ(result.counts.complete, 2U);
  EXPECT_EQ(result.counts.incomplete, 0U);
  EXPECT_EQ(result.counts.downloaded, 1U);
  announce(2, 3);  // a recheck found it damaged
  EXPECT_EQ(table.scrape(hash_of(1))->complete, 1U);
}

TEST_F(SwarmTableTest, ForgetsWhoStopped) {
  announce(1, 0);
  announce(2, 4);
  EXPECT_TRUE(announce(1, 0, AnnounceEvent::stopped).peers.empty());
  EXPECT_TRUE(announce(2, 4).peers.empty());
  announce(9, 4, AnnounceEvent::stopped);  // was never there
  EXPECT_EQ(table.peers(), 1U);
}

TEST_F(SwarmTableTest, ForgetsPeerAfterTwoMissedAnnounces) {
  const auto first = announce(1, 4);
  now += first.interval;
  EXPECT_EQ(announce(2, 4).peers.size(), 1U) << "one announce may be late";
  now += first.interval + 16s;
  EXPECT_TRUE(announce(3, 4).peers.size() == 1U) << "only peer 2 is left";
  now += 1h;
  table.expire(now);
  EXPECT_EQ(table.peers(), 0U);
}

TEST_F(SwarmTableTest, JittersIntervalsByATenth) {
  std::set<std::chrono::seconds> seen;
  for (int n = 0; n < 200; ++n) {
    const auto result = announce(n, 1);
    EXPECT_GE(result.interval, 27s);
    EXPECT_LE(result.interval, 33s);
    EXPECT_LE(result.min_interval, result.interval);
    seen.insert(result.interval);
  }
  EXPECT_GT(seen.size(), 4U);
}

TEST_F(SwarmTableTest, StretchesIntervalsOfLargeFleets) {
  AnnounceTiming timing;
  timing.announces_per_second = 2;
  table = SwarmTable(timing);
  table.add(hash_of(1));
  for (int n = 0; n < 400; ++n) announce(n, 1);
  EXPECT_GT(announce(1, 1).interval, 170s);
}

TEST_F(SwarmTableTest, ChoosesUniformly) {
  constexpr int kPeers = 40;
  constexpr int kRounds = 4000;
  for (int n = 0; n < kPeers; ++n) announce(n, n % 2 == 0 ? 0U : 1U);
  std::map<std::string, int> seen;
  auto asks = request(99, 1);
  asks.want = 10;
  for (int round = 0; round < kRounds; ++round) {
    const auto result = table.announce(asks, address(99), now, rng);
    ASSERT_EQ(result.peers.size(), 10U);
    EXPECT_EQ(addresses(result).size(), 10U) << "none twice";
    for (const auto& text : addresses(result)) ++seen[text];
  }
  // Each is drawn with probability 1/4 (less the place of the one who asks): five sigma is 137.
  ASSERT_EQ(seen.size(), static_cast<std::size_t>(kPeers));
  for (const auto& [text, count] : seen) EXPECT_NEAR(count, kRounds / 4, 137) << text;
}

TEST_F(SwarmTableTest, StaysConsistentUnderRandomTraffic) {
  std::map<int, bool> model;  // peer -> seed
  for (int step = 0; step < 20000; ++step) {
    const int n = static_cast<int>(rng() % 60);
    const auto dice = rng() % 10;
    if (dice == 0) {
      announce(n, 1, AnnounceEvent::stopped);
      model.erase(n);
    } else {
      model[n] = dice < 5;
      announce(n, model[n] ? 0 : 1);
    }
    const auto counts = *table.scrape(hash_of(1));
    std::uint32_t seeds = 0;
    for (const auto& [peer, seed] : model) seeds += seed ? 1 : 0;
    ASSERT_EQ(counts.complete, seeds);
    ASSERT_EQ(counts.complete + counts.incomplete, model.size());
    ASSERT_EQ(table.peers(), model.size());
  }
}

TEST_F(SwarmTableTest, TellsWhoAsksBeforeHisTime) {
  EXPECT_FALSE(announce(1, 1, AnnounceEvent::started).early);
  now += 3s;
  EXPECT_TRUE(announce(1, 1).early);
  EXPECT_FALSE(announce(2, 1).early) << "another one";
  now += 1s;
  EXPECT_FALSE(announce(1, 0, AnnounceEvent::completed).early) << "it has news";
  now += 30s;
  EXPECT_FALSE(announce(1, 0).early);
}

TEST(AnnounceReply, AlwaysHasPeers) {
  AnnounceResult result;
  result.interval = 30s;
  result.min_interval = 15s;
  AnnounceRequest request;
  request.compact = true;
  EXPECT_EQ(announce_reply(result, request),
            "d8:completei0e10:downloadedi0e10:incompletei0e8:intervali30e12:min "
            "intervali15e5:peers0:e");
  request.compact = false;
  EXPECT_TRUE(announce_reply(result, request).ends_with("5:peerslee"));
}

TEST(AnnounceReply, SplitsFamilies) {
  AnnounceResult result;
  result.peers = {{*PeerAddress::parse("1.2.3.4", 258)}, {*PeerAddress::parse("::1", 258)}};
  AnnounceRequest request;
  request.compact = true;
  const auto text = announce_reply(result, request);
  EXPECT_NE(text.find(std::string("5:peers6:\1\2\3\4\1\2", 15)), std::string::npos);
  EXPECT_NE(text.find("6:peers618:"), std::string::npos);
  request.compact = false;
  const auto listed = announce_reply(result, request);
  EXPECT_NE(listed.find("d2:ip7:1.2.3.47:peer id20:"), std::string::npos);
  EXPECT_NE(listed.find("d2:ip3:::17:peer id20:"), std::string::npos);
  request.no_peer_id = true;
  EXPECT_NE(announce_reply(result, request).find("d2:ip7:1.2.3.44:porti258ee"), std::string::npos);
}

TEST(AnnounceReply, SortsScrapedSwarmsAndSaysFailures) {
  const std::pair<InfoHash, SwarmCounts> swarms[] = {
      {hash_of('b'), {1, 2, 3}}, {hash_of('a'), {}}, {hash_of('b'), {1, 2, 3}}};
  EXPECT_EQ(scrape_reply(swarms),
            "d5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei0e10:downloadedi0e10:incompletei0ee"
            "20:bbbbbbbbbbbbbbbbbbbbd8:completei1e10:downloadedi3e10:incompletei2eeee");
  EXPECT_EQ(failure_reply("no"), "d14:failure reason2:noe");
}

}  // namespace
}  // namespace roost::tracker
