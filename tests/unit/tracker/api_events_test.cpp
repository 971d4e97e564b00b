// What a node that follows channels is told, over real event streams.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/unit/tracker/api_fixture.hpp"

namespace roost::tracker {
namespace {

using namespace std::chrono_literals;
using sample::make;
using sample::named;
using sample::Wish;

class Events : public sample::ApiTest {
 protected:
  static std::set<std::string> addresses(const proto::ReleaseOffer& offer) {
    std::set<std::string> result;
    for (const auto& neighbour : offer.neighbours) result.insert(neighbour.endpoint.str());
    return result;
  }
  proto::EventBatch poll(const std::string& rest) const {
    return proto::parse_event_batch(get(events_target("poller", 7100, {"web/prod"}) + rest).body);
  }
};

TEST_F(Events, PushesAReleaseAtOnce) {
  auto node = follow("n1", 7001, {"web/prod"});
  const auto given = make(key, {.channels = {{"web/prod", 1}}});
  const auto start = std::chrono::steady_clock::now();
  ASSERT_EQ(proto::parse_registration_result(publish(given).body).followers, 1U);
  const auto offer = node.next_offer();
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_LT(took, 1s) << "the registration and its sync included, on a busy machine";
  RecordProperty("push_us", static_cast<int>(took / 1us));
  EXPECT_EQ(offer.release_id, given.id);
  EXPECT_EQ(offer.channel, given.registration.channels[0]);
  EXPECT_EQ(addresses(offer), std::set<std::string>{"10.0.0.1:6881"});
}

TEST_F(Events, CarriesALargeIndexToAFewNodes) {
  auto node = follow("n1", 7001, {"web/prod"});
  const auto given = make(key, {.index_size = 100'000, .channels = {{"web/prod", 1}}});
  publish(given);
  EXPECT_EQ(node.next_offer().index, given.registration.index);
  const auto asked = proto::parse_release_offer(get("/v1/offers/web@1").body);
  EXPECT_FALSE(asked.index) << "nobody knows how many will ask";
}

TEST_F(Events, CarriesPatchesLikeTheIndex) {
  auto node = follow("n1", 7001, {"web/prod"});
  const auto given = make(key, {.patches_size = 90'000, .channels = {{"web/prod", 1}}});
  publish(given);
  const auto offer = node.next_offer();
  EXPECT_EQ(offer.patches_torrent, given.registration.patches_torrent);
  EXPECT_EQ(offer.patches, given.registration.patches);
  const auto asked = proto::parse_release_offer(get("/v1/offers/web@1").body);
  EXPECT_EQ(asked.patches_torrent, given.registration.patches_torrent);
  EXPECT_FALSE(asked.patches) << "nobody knows how many will ask";
}

TEST_F(Events, TellsOnlyWhoFollows) {
  auto node = follow("n1", 7001, {"web/beta", "db/prod"});
  publish(Wish{.channels = {{"web/prod", 1}}});
  publish(Wish{.release = "db@1", .tree = "db", .channels = {{"db/prod", 1}}});
  EXPECT_EQ(node.next_offer().release, named("db@1")) << "nothing of web/prod before it";
}

TEST_F(Events, LetsEachPairDialOnce) {
  std::vector<Follower> nodes;
  for (std::uint16_t i = 0; i < 6; ++i) {
    nodes.push_back(
        follow("n" + std::to_string(i), static_cast<std::uint16_t>(7000 + i), {"web/prod"}));
  }
  publish(Wish{.channels = {{"web/prod", 1}}});
  std::set<std::set<std::string>> pairs;
  std::size_t dials = 0;
  for (std::uint16_t i = 0; i < 6; ++i) {
    const auto self = "127.0.0.1:" + std::to_string(7000 + i);
    const auto offer = nodes[i].next_offer();
    EXPECT_TRUE(offer.neighbours.at(0).seeder);
    for (const auto& address : addresses(offer)) {
      if (address == "10.0.0.1:6881") continue;
      EXPECT_NE(address, self);
      pairs.insert({self, address});
      ++dials;
    }
  }
  EXPECT_EQ(pairs.size(), 15U) << "a full mesh of six";
  EXPECT_EQ(dials, 15U) << "each edge from one end";
}

TEST_F(Events, GivesAFreshNodeWhatIsCurrent) {
  const auto web = make(key, {.channels = {{"web/prod", 1}}});
  publish(web);
  publish(Wish{.release = "db@1", .tree = "db", .channels = {{"db/prod", 1}}});
  auto first = follow("n1", 7001, {"web/prod", "db/prod", "web/none"});
  const auto one = first.source.next(Deadline::in(5s));
  const auto two = first.source.next(Deadline::in(5s));
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->id, "") << "cut off here, the node must start afresh";
  EXPECT_FALSE(two->id.empty());
  auto second = follow("n2", 7002, {"web/prod"});
  EXPECT_EQ(addresses(second.next_offer()),
            (std::set<std::string>{"10.0.0.1:6881", "127.0.0.1:7001"}))
      << "the seeder and who follows already";
}

TEST_F(Events, ReplaysWhatANodeMissed) {
  std::string last_id;
  {
    auto node = follow("n1", 7001, {"web/prod"});
    publish(Wish{.channels = {{"web/prod", 1}}});
    node.next_offer();
    last_id = node.source.last_id();
  }
  publish(Wish{.release = "web@2", .sequence = 2, .tree = "two", .channels = {{"web/prod", 2}}});
  publish(Wish{.release = "web@3", .sequence = 3, .tree = "three", .channels = {{"web/prod", 3}}});
  auto node = follow("n1", 7001, {"web/prod"}, last_id);
  EXPECT_EQ(node.next_offer().release, named("web@2"));
  EXPECT_EQ(node.next_offer().release, named("web@3"));
  last_id = node.source.last_id();
  auto again = follow("n1", 7001, {"web/prod"}, last_id);
  publish(Wish{.release = "web@4", .sequence = 4, .tree = "four", .channels = {{"web/prod", 4}}});
  EXPECT_EQ(again.next_offer().release, named("web@4")) << "nothing was left to replay";
}

TEST_F(Events, StartsAfreshWhenItCannotReplay) {
  std::string last_id;
  {
    auto node = follow("n1", 7001, {"web/prod"});
    publish(Wish{.channels = {{"web/prod", 1}}});
    node.next_offer();
    last_id = node.source.last_id();
  }
  for (std::uint64_t i = 2; i <= 7; ++i) {  // the ring holds four
    const auto text = std::to_string(i);
    publish(
        Wish{.release = "web@" + text, .sequence = i, .tree = text, .channels = {{"web/prod", i}}});
  }
  EXPECT_EQ(follow("n1", 7001, {"web/prod"}, last_id).next_offer().release, named("web@7"));
  EXPECT_EQ(follow("n1", 7001, {"web/prod"}, "garbage").next_offer().release, named("web@7"));
  stop();
  start();
  EXPECT_EQ(follow("n1", 7001, {"web/prod"}, last_id).next_offer().release, named("web@7"))
      << "ids of an earlier life mean nothing";
}

TEST_F(Events, FollowsPromotionsAndUnpublishing) {
  const auto one = make(key, {.channels = {{"web/prod", 1}}});
  const auto two = make(key, {.release = "web@2", .sequence = 2, .tree = "two"});
  publish(one);
  publish(two);
  auto node = follow("n1", 7001, {"web/prod"});
  EXPECT_EQ(node.next_offer().release, named("web@1"));
  promote("web/prod", 2, "web@2", two.id);
  EXPECT_EQ(node.next_offer().release, named("web@2"));
  post("/v1/unpublish", crypto::serialise(sample::unpublish_statement(key, "web@1", one.id)));
  const auto event = node.source.next(Deadline::in(5s));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->event, "unpublish");
  EXPECT_EQ(proto::parse_unpublish_notice(event->data).release_id, one.id);
}

TEST_F(Events, TellsOfANewSeeder) {
  publish(Wish{.channels = {{"web/prod", 1}}});
  auto node = follow("n1", 7001, {"web/prod"});
  node.next_offer();
  publish(Wish{.sequence = 2, .seeder = "10.0.0.2:6881"});
  EXPECT_EQ(addresses(node.next_offer()), std::set<std::string>{"10.0.0.2:6881"});
}

TEST_F(Events, AnswersLongPolls) {
  const auto nothing = poll("&timeout=0");
  EXPECT_TRUE(nothing.events.empty());
  publish(Wish{.channels = {{"web/prod", 1}}});
  const auto fresh = poll("&timeout=5");
  ASSERT_EQ(fresh.events.size(), 1U);
  EXPECT_EQ(std::get<proto::ReleaseOffer>(fresh.events[0].data).release, named("web@1"));
  EXPECT_TRUE(poll("&timeout=0&since=" + fresh.last.str()).events.empty());
  EXPECT_TRUE(poll("&timeout=0&since=" + std::to_string(fresh.last.sequence)).events.empty());
  EXPECT_EQ(poll("&timeout=5&since=other-7").events.size(), 1U) << "of another life: afresh";

  std::jthread later([this] {
    while (get("/metrics").body.find("roost_tracker_long_polls 1") == std::string::npos) {
      std::this_thread::yield();
    }
    publish(Wish{.release = "web@2", .sequence = 2, .tree = "two", .channels = {{"web/prod", 2}}});
  });
  const auto woken = poll("&timeout=30&since=" + fresh.last.str());
  ASSERT_EQ(woken.events.size(), 1U);
  EXPECT_EQ(std::get<proto::ReleaseOffer>(woken.events[0].data).release, named("web@2"));
  EXPECT_EQ(woken.last.sequence, fresh.last.sequence + 1);
}

TEST_F(Events, EndsALongPollAtItsTime) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(poll("&timeout=1").events.empty());
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_GE(took, 900ms);
  EXPECT_LT(took, 4s);
}

TEST_F(Events, KnowsWhoHoldsAStream) {
  auto node = follow("n1", 7001, {"web/prod"});
  auto nodes = proto::parse_node_list(get("/v1/nodes").body);
  ASSERT_EQ(nodes.size(), 1U);
  EXPECT_EQ(nodes[0].report.node, "n1");
  EXPECT_EQ(nodes[0].report.addr.str(), "127.0.0.1:7001");
  EXPECT_EQ(nodes[0].report.zone, "z1");
  EXPECT_EQ(nodes[0].report.follows, std::vector{sample::channel("web/prod")});
  EXPECT_TRUE(nodes[0].live);
  EXPECT_NE(get("/metrics").body.find("roost_tracker_event_streams 1"), std::string::npos);
  node.source.close();
  const auto deadline = Deadline::in(5s);
  while (get("/metrics").body.find("roost_tracker_event_streams 0") == std::string::npos) {
    ASSERT_FALSE(deadline.expired()) << "the end of a stream goes unnoticed";
  }
}

TEST_F(Events, RefusesBadQuestions) {
  const auto status = [this](const std::string& query) { return get("/v1/events" + query).status; };
  EXPECT_EQ(status(""), 400) << "nothing to follow";
  EXPECT_EQ(status("?follow=web"), 400);
  EXPECT_EQ(status("?follow=web/prod&node=a%2Fb"), 400);
  EXPECT_EQ(status("?follow=web/prod&node=a&zone=%00"), 400);
  EXPECT_EQ(status("?follow=web/prod&node=a&addr=nowhere"), 400);
  EXPECT_EQ(status("?follow=web/prod&timeout=soon"), 400);
  std::string many = "?timeout=0";
  for (int i = 0; i < 65; ++i) many += "&follow=web/c" + std::to_string(i);
  EXPECT_EQ(status(many), 400);
}

TEST_F(Events, DrainsWithStreamsAndPollsOpen) {
  auto node = follow("n1", 7001, {"web/prod"});
  std::jthread poller([base = url(), target = events_target("p", 7002, {"web/prod"})] {
    const auto response = net::HttpClient(base).get(target + "&timeout=30", Deadline::in(20s));
    EXPECT_EQ(response.status, 200);
    EXPECT_TRUE(proto::parse_event_batch(response.body).events.empty());
  });
  while (get("/metrics").body.find("roost_tracker_long_polls 1") == std::string::npos) {
    std::this_thread::yield();
  }
  const auto start = std::chrono::steady_clock::now();
  thread.request_stop();
  EXPECT_THROW(
      {
        while (true) node.source.next(Deadline::in(5s));
      },
      Error);
  thread = {};
  EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
}

class LosingNodes : public Events {
 protected:
  void SetUp() override {
    lost_after = 0s;
    start();
  }
};

TEST_F(LosingNodes, AreShownButHandedToNobody) {
  publish(Wish{.channels = {{"web/prod", 1}}});
  get("/v1/offers/web/prod?node=gone&addr=0.0.0.0:7005");
  proto::NodeReport report{"gone", {"0.0.0.0", 7005}, "", {sample::channel("web/prod")}, {}};
  post("/v1/nodes/gone/report", proto::to_json(report));
  auto node = follow("n1", 7001, {"web/prod"});
  EXPECT_EQ(addresses(node.next_offer()), std::set<std::string>{"10.0.0.1:6881"});
  const auto nodes = proto::parse_node_list(get("/v1/nodes").body);
  ASSERT_EQ(nodes.size(), 2U);
  EXPECT_FALSE(nodes[0].live);
  EXPECT_TRUE(nodes[1].live);
}

}  // namespace
}  // namespace roost::tracker
