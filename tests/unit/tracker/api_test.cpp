// Every address of the API over real sockets, good and bad; events apart.
#include <gtest/gtest.h>

#include "core/net/url.hpp"
#include "tests/unit/tracker/api_fixture.hpp"

namespace roost::tracker {
namespace {

using namespace std::chrono_literals;
using sample::make;
using sample::Wish;

class Api : public sample::ApiTest {};

TEST_F(Api, RegistersAReleaseAndShowsIt) {
  const auto given = make(key, {.channels = {{"web/prod", 1}}});
  const auto response = publish(given);
  ASSERT_EQ(response.status, 201) << response.body;
  const auto result = proto::parse_registration_result(response.body);
  EXPECT_TRUE(result.created);
  EXPECT_EQ(result.release_id, given.id);
  EXPECT_EQ(result.sequence, 1U);
  EXPECT_EQ(result.followers, 0U);

  for (const auto& path :
       {proto::release_path(sample::named("web@1")), proto::release_path(given.id)}) {
    const auto summary = proto::parse_release_summary(get(path).body);
    EXPECT_EQ(summary.release_id, given.id);
    EXPECT_EQ(summary.tree_digest, given.descriptor.tree_digest);
    EXPECT_EQ(summary.image->size, 100'000U);
    EXPECT_EQ(summary.image->info_hash,
              proto::Metainfo::parse(*given.registration.image_torrent).info_hash());
    ASSERT_EQ(summary.channels.size(), 1U);
    const auto envelope = crypto::parse_envelope(get(path + "/descriptor").body);
    EXPECT_EQ(envelope, given.registration.descriptor);
    EXPECT_EQ(get(path + "/index.torrent").body, as_text(given.registration.index_torrent));
    EXPECT_EQ(get(path + "/image.torrent").body, as_text(*given.registration.image_torrent));
    EXPECT_EQ(get(path + "/else").status, 404);
  }
  const auto name = proto::parse_name_state(get("/v1/names/web").body);
  EXPECT_EQ(name.sequence, 1U);
  EXPECT_EQ(name.channels.at(release::Channel::parse("prod")).version, 1U);
  const auto at = proto::parse_channel_info(get("/v1/channels/web/prod").body);
  EXPECT_EQ(at.state.release_id, given.id);
  EXPECT_EQ(at.statement, given.registration.channels[0]);
}

TEST_F(Api, ShowsPatchesOfAReleaseThatHasSome) {
  const auto given = make(key, {.patches_size = 5000});
  EXPECT_EQ(publish(given).status, 201);
  publish(Wish{.release = "web@2", .sequence = 2, .tree = "two"});
  const auto path = proto::release_path(given.id);
  const auto info = proto::Metainfo::parse(*given.registration.patches_torrent);
  const auto summary = proto::parse_release_summary(get(path).body);
  ASSERT_TRUE(summary.patches);
  EXPECT_EQ(summary.patches->size, 5000U);
  EXPECT_EQ(summary.patches->info_hash, info.info_hash());
  EXPECT_EQ(get(path + "/patches.torrent").body, as_text(*given.registration.patches_torrent));
  const auto plain = proto::release_path(sample::named("web@2"));
  EXPECT_FALSE(proto::parse_release_summary(get(plain).body).patches);
  EXPECT_EQ(get(plain + "/patches.torrent").status, 404);
  EXPECT_EQ(get(plain).body.find("patches"), std::string::npos);
}

TEST_F(Api, RefusesARegistrationWhosePatchesAreOthersByName) {
  auto given = make(key, {.patches_size = 5000});
  given.registration.patches->front() ^= 1;
  const auto response = publish(given);
  EXPECT_EQ(response.status, 422);
  EXPECT_NE(error_of(response).message.find("patches"), std::string::npos) << response.body;
  given = make(key, {.patches_size = 5000});
  given.registration.patches_torrent.reset();
  given.registration.patches.reset();
  const auto missing = publish(given);
  EXPECT_EQ(missing.status, 400);
  EXPECT_NE(error_of(missing).message.find("patches is missing"), std::string::npos)
      << missing.body;
}

TEST_F(Api, ListsReleasesByName) {
  publish(Wish{});
  publish(Wish{.release = "web@2", .sequence = 2, .tree = "two"});
  publish(Wish{.release = "db@1", .tree = "three"});
  EXPECT_EQ(proto::parse_release_list(get("/v1/releases").body).size(), 3U);
  const auto web = proto::parse_release_list(get("/v1/releases?name=web").body);
  ASSERT_EQ(web.size(), 2U);
  EXPECT_EQ(web[0].release, sample::named("web@2")) << "newest first";
  EXPECT_TRUE(proto::parse_release_list(get("/v1/releases?name=none").body).empty());
}

TEST_F(Api, TakesTheSameTreeAgainAndRefusesAnother) {
  publish(Wish{});
  const auto again = publish(Wish{.sequence = 2, .created = 1'800'000'000});
  EXPECT_EQ(again.status, 200) << again.body;
  EXPECT_FALSE(proto::parse_registration_result(again.body).created);
  const auto conflict = publish(Wish{.sequence = 2, .tree = "two"});
  EXPECT_EQ(conflict.status, 409);
  EXPECT_EQ(error_of(conflict).code, Errc::conflict);
  EXPECT_FALSE(error_of(conflict).raced);
}

TEST_F(Api, SaysWhenARaceWasLost) {
  const auto response = publish(Wish{.sequence = 7});
  EXPECT_EQ(response.status, 409);
  EXPECT_TRUE(error_of(response).raced);
  EXPECT_NE(error_of(response).message.find("the next one is 1"), std::string::npos);
}

TEST_F(Api, RefusesAnotherKey) {
  publish(Wish{});
  const auto response = publish(make(other, {.release = "web@2", .sequence = 2, .tree = "two"}));
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(error_of(response).code, Errc::not_authorised);
  EXPECT_EQ(get("/v1/releases/web@2").status, 404);
}

TEST_F(Api, RefusesAlteredRegistrations) {
  auto given = make(key, {});
  given.registration.index->front() ^= 1;
  EXPECT_EQ(publish(given).status, 422);
  EXPECT_EQ(get("/v1/releases/web@1").status, 404);
}

TEST_F(Api, RefusesBodiesThatAreNone) {
  for (const std::string body : {"", "{", "[]", "{}", "null", "\"x\"", "{\"descriptor\":1}"}) {
    for (const auto* path :
         {"/v1/releases", "/v1/channels/web/prod", "/v1/unpublish", "/v1/nodes/a/report"}) {
      const auto response = post(path, body);
      EXPECT_TRUE(response.status == 400 || response.status == 404) << path << " " << body;
      EXPECT_FALSE(error_of(response).message.empty());
    }
  }
  const std::string deep(100'000, '[');
  EXPECT_EQ(post("/v1/releases", deep).status, 400);
}

TEST_F(Api, PromotesAndRefusesWhatDoesNotFollow) {
  const auto one = make(key, {.channels = {{"web/prod", 1}}});
  const auto two = make(key, {.release = "web@2", .sequence = 2, .tree = "two"});
  publish(one);
  publish(two);
  const auto moved = promote("web/prod", 2, "web@2", two.id);
  ASSERT_EQ(moved.status, 200) << moved.body;
  EXPECT_EQ(proto::parse_channel_info(moved.body).state.release_id, two.id);
  EXPECT_EQ(promote("web/prod", 2, "web@2", two.id).status, 200) << "said again";
  const auto raced = promote("web/prod", 2, "web@1", one.id);
  EXPECT_EQ(raced.status, 409);
  EXPECT_TRUE(error_of(raced).raced);
  EXPECT_EQ(promote("web/prod", 3, "web@9", one.id).status, 404);
  EXPECT_EQ(promote("none/prod", 1, "none@1", one.id).status, 404);
  const auto misplaced =
      post("/v1/channels/web/beta",
           crypto::serialise(sample::channel_statement(key, "web/prod", 3, "web@1", one.id)));
  EXPECT_EQ(misplaced.status, 400);
  const auto foreign =
      post("/v1/channels/web/prod",
           crypto::serialise(sample::channel_statement(other, "web/prod", 3, "web@1", one.id)));
  EXPECT_EQ(foreign.status, 403);
  EXPECT_EQ(proto::parse_channel_info(get("/v1/channels/web/prod").body).state.version, 2U);
}

TEST_F(Api, Unpublishes) {
  const auto given = make(key, {.channels = {{"web/prod", 1}}});
  publish(given);
  const auto withdraw = [&](const crypto::SecretKey& by) {
    return post("/v1/unpublish",
                crypto::serialise(sample::unpublish_statement(by, "web@1", given.id)));
  };
  EXPECT_EQ(withdraw(key).status, 409) << "a channel names it";
  publish(Wish{.release = "web@2", .sequence = 2, .tree = "two", .channels = {{"web/prod", 2}}});
  EXPECT_EQ(withdraw(other).status, 403);
  EXPECT_EQ(withdraw(key).status, 200);
  EXPECT_EQ(withdraw(key).status, 404);
  EXPECT_EQ(get("/v1/releases/web@1").status, 404);
  EXPECT_EQ(get("/v1/offers/web@1?node=a&addr=0.0.0.0:1").status, 404);
  const auto hash = proto::Metainfo::parse(*given.registration.image_torrent).swarm_hashes()[0];
  const auto answer = get("/announce?info_hash=" + net::percent_encode(as_text(hash)) +
                          "&peer_id=aaaaaaaaaaaaaaaaaaaa&port=1");
  EXPECT_NE(answer.body.find("14:failure reason"), std::string::npos);
}

TEST_F(Api, OffersReleasesAndChannels) {
  const auto given = make(key, {.channels = {{"web/prod", 1}}});
  publish(given);
  const proto::Caller caller{"node-1", {"0.0.0.0", 7001}, "z1"};
  const auto by_ref =
      proto::parse_release_offer(get(proto::offer_path(sample::named("web@1"), caller)).body);
  EXPECT_EQ(by_ref.release_id, given.id);
  EXPECT_EQ(by_ref.descriptor, given.registration.descriptor);
  EXPECT_EQ(by_ref.index_torrent, given.registration.index_torrent);
  EXPECT_EQ(by_ref.image_torrent, given.registration.image_torrent);
  EXPECT_EQ(by_ref.index, given.registration.index);
  EXPECT_FALSE(by_ref.channel);
  EXPECT_FALSE(by_ref.patches_torrent);
  ASSERT_EQ(by_ref.neighbours.size(), 1U);
  EXPECT_EQ(by_ref.neighbours[0].endpoint.str(), "10.0.0.1:6881");
  EXPECT_TRUE(by_ref.neighbours[0].seeder);
  const auto by_channel =
      proto::parse_release_offer(get(proto::offer_path(sample::channel("web/prod"), caller)).body);
  EXPECT_EQ(by_channel.channel, given.registration.channels[0]);
  EXPECT_EQ(get("/v1/offers/" + given.id.hex()).status, 200);
  EXPECT_EQ(get("/v1/offers/web@2").status, 404);
  EXPECT_EQ(get("/v1/offers/web/beta").status, 404);
  EXPECT_EQ(get("/v1/offers/web").status, 400);
  EXPECT_EQ(get("/v1/offers/web@1?node=a%20b").status, 400);
  EXPECT_EQ(get("/v1/offers/web@1?node=a&addr=localhost:1").status, 400);
}

TEST_F(Api, TakesReportsAndCountsThem) {
  const auto given = make(key, {.channels = {{"web/prod", 1}}});
  publish(given);
  proto::NodeReport report{"node-1", {"0.0.0.0", 7001}, "z1", {sample::channel("web/prod")}, {}};
  report.transfers.push_back(
      {sample::named("web@1"), given.id, proto::TransferState::fetching, 3, 7, 10, 20, {}, ""});
  EXPECT_EQ(post("/v1/nodes/node-1/report", proto::to_json(report)).status, 200);
  auto summary = proto::parse_release_summary(get("/v1/releases/web@1").body);
  EXPECT_EQ(summary.nodes.fetching, 1U);
  EXPECT_EQ(summary.nodes.following, 1U);
  report.transfers[0].state = proto::TransferState::staged;
  report.transfers[0].seconds_to_staged = 1.5;
  EXPECT_EQ(post("/v1/nodes/node-1/report", proto::to_json(report)).status, 200);
  summary = proto::parse_release_summary(get("/v1/releases/web@1").body);
  EXPECT_EQ(summary.nodes.fetching, 0U);
  EXPECT_EQ(summary.nodes.staged, 1U);
  const auto nodes = proto::parse_node_list(get("/v1/nodes").body);
  ASSERT_EQ(nodes.size(), 1U);
  EXPECT_TRUE(nodes[0].live);
  EXPECT_EQ(nodes[0].report.addr.str(), "127.0.0.1:7001") << "the connection's address";
  EXPECT_EQ(nodes[0].report.transfers[0].pieces, 3U);
  EXPECT_EQ(post("/v1/nodes/node-2/report", proto::to_json(report)).status, 400);
}

TEST_F(Api, AnswersProbes) {
  EXPECT_EQ(get("/healthz").body, "ok\n");
  EXPECT_EQ(get("/readyz").body, "ok\n");
}

TEST_F(Api, ExposesMetricsInBaseUnits) {
  publish(Wish{});
  get("/announce");
  const auto response = get("/metrics");
  EXPECT_TRUE(response.headers.get("Content-Type").starts_with("text/plain; version=0.0.4"));
  for (const auto* line :
       {"roost_tracker_announces_total{result=\"refused\"} 1", "roost_tracker_releases 1",
        "roost_tracker_swarms 2", "roost_tracker_peers 0", "roost_tracker_nodes{state=\"live\"} 0",
        "roost_tracker_event_streams 0", "roost_tracker_registrations_total{result=\"created\"} 1",
        "roost_tracker_announce_duration_seconds_count 1"}) {
    EXPECT_NE(response.body.find(line), std::string::npos) << line << "\n" << response.body;
  }
}

TEST_F(Api, ShowsAPageThatLoadsNothingAndEscapes) {
  publish(Wish{.channels = {{"web/prod", 1}}});
  proto::NodeReport report{"node-1", {"0.0.0.0", 7001}, "", {}, {}};
  report.transfers.push_back({sample::named("web@1"),
                              {},
                              proto::TransferState::failed,
                              0,
                              0,
                              0,
                              0,
                              {},
                              "<script>alert('x')</script>"});
  post("/v1/nodes/node-1/report", proto::to_json(report));
  const auto response = get("/");
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.headers.get("Content-Type").starts_with("text/html"));
  EXPECT_NE(response.body.find("web@1"), std::string::npos);
  EXPECT_NE(response.body.find("node-1"), std::string::npos);
  EXPECT_EQ(response.body.find("<script"), std::string::npos);
  EXPECT_NE(response.body.find("&lt;script&gt;"), std::string::npos);
  for (const auto* external : {"http:", "https:", "src=", "url("}) {
    EXPECT_EQ(response.body.find(external), std::string::npos) << external;
  }
}

TEST_F(Api, RefusesWrongMethodsAndAddresses) {
  EXPECT_EQ(post("/announce", "x").status, 405);
  EXPECT_EQ(post("/v1/names/web", "x").status, 405);
  EXPECT_EQ(get("/v1/unpublish").status, 405);
  EXPECT_EQ(get("/v1/nodes/a/report").status, 405);
  for (const auto* target : {"/nothing", "/v1", "/v1/nothing", "/v1/releases/a/b/c", "/v1/names",
                             "/healthz/x", "/v1/channels/web", "/v1/nodes/a"}) {
    EXPECT_EQ(get(target).status, 404) << target;
    EXPECT_EQ(error_of(get(target)).code, Errc::not_found);
  }
  for (const auto* target : {"/v1/names/WEB", "/v1/releases/web", "/v1/releases/web@..",
                             "/v1/channels/web/..%2fx", "/v1/releases?name=%00"}) {
    EXPECT_EQ(get(target).status, 400) << target;
  }
  EXPECT_EQ(get("/v1/names/web").status, 404);
  EXPECT_EQ(get("/v1/channels/web/prod").status, 404);
}

TEST_F(Api, KeepsReleasesAcrossARestart) {
  const auto given = make(key, {.channels = {{"web/prod", 1}}});
  publish(given);
  stop();
  start();
  EXPECT_EQ(proto::parse_release_summary(get("/v1/releases/web@1").body).release_id, given.id);
  const auto offer = proto::parse_release_offer(get("/v1/offers/web/prod").body);
  EXPECT_EQ(offer.neighbours.size(), 1U) << "the seeder is known";
  const auto hash = proto::Metainfo::parse(*given.registration.image_torrent).swarm_hashes()[0];
  EXPECT_EQ(get("/announce?info_hash=" + net::percent_encode(as_text(hash)) +
                "&peer_id=aaaaaaaaaaaaaaaaaaaa&port=1&compact=1")
                .body.find("failure"),
            std::string::npos);
}

TEST_F(Api, HoldsItsDataDirectory) {
  TrackerConfig config;
  config.data = directory.path() / "tracker";
  config.listen = Endpoint{"127.0.0.1", 0};
  try {
    Tracker second(config);
    FAIL() << "two trackers on one directory";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::conflict);
    EXPECT_NE(std::string(error.what()).find(std::to_string(::getpid())), std::string::npos);
  }
  config.data = directory.path() / "elsewhere";
  config.listen = tracker->endpoint();
  EXPECT_EQ(sample::code_of([&] { Tracker second(config); }), Errc::conflict) << "port in use";
  config.data = "/proc/roost";
  EXPECT_EQ(sample::code_of([&] { Tracker second(config); }), Errc::failed);
}

class ApiWithTrust : public sample::ApiTest {
 protected:
  void SetUp() override {
    trust = {key.public_key()};
    start();
  }
};

TEST_F(ApiWithTrust, KnowsOnlyConfiguredKeys) {
  EXPECT_EQ(publish(make(other, {})).status, 403);
  EXPECT_EQ(publish(make(key, {})).status, 201);
}

}  // namespace
}  // namespace roost::tracker
