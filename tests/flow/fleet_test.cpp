// The whole path, in one process: what a fleet must survive.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/net/http_server.hpp"
#include "tests/flow/cluster.hpp"

namespace roost::flow {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

TEST(Fleet, FiveNodesFinishAndThePublisherKnows) {
  Cluster cluster{{.nodes = 5}};
  auto publisher = cluster.publish("web@1.0.0", {.mebibytes = 8, .goal = seeder::Staged{5}});
  const auto result = publisher->result();
  EXPECT_TRUE(result.created);
  EXPECT_EQ(result.staged, 5U);
  cluster.await_active("web@1.0.0");
}

TEST(Fleet, FinishesOverTls) {
  Cluster cluster{{.nodes = 5, .tls = true}};
  auto publisher = cluster.publish("web@1.0.0", {.mebibytes = 8, .goal = seeder::Staged{5}});
  EXPECT_EQ(publisher->result().staged, 5U);
  cluster.await_active("web@1.0.0");
}

TEST(Fleet, WithTlsNeverServesANodeWithout) {
  Cluster cluster{{.nodes = 2, .tls = true}};
  cluster.stop_node(1);
  cluster.start_plain_node(1);
  cluster.await_following();
  auto publisher = cluster.publish("web@1.0.0", {.mebibytes = 2});
  cluster.await_active("web@1.0.0", {0});
  await("the refusal", [&] { return cluster.state(1, "web@1.0.0") == "failed"; });
  EXPECT_NE(cluster.reason(1, "web@1.0.0").find("this node has no certificate"), std::string::npos)
      << cluster.reason(1, "web@1.0.0");
}

TEST(Fleet, FinishesWithoutSeederAndOneNodeOnceTwoCopiesAreOut) {
  Cluster cluster{{.nodes = 5, .follows = {"web/prod"}, .node_upload_limit = 3 * kMiB}};
  auto publisher = cluster.publish(
      "web@1.0.0", {.mebibytes = 12, .upload_limit = 12 * kMiB, .goal = seeder::Copies{2}});
  EXPECT_GE(publisher->result().copies, 2.0);
  cluster.stop_node(0);
  cluster.await_active("web@1.0.0", {1, 2, 3, 4});
}

TEST(Fleet, NodeThatRestartsMidwayGoesOnWhereItWas) {
  Cluster cluster{{.nodes = 2}};
  auto publisher = cluster.publish("web@1.0.0", {.mebibytes = 12, .upload_limit = 4 * kMiB});
  await("a third of the pieces", [&] { return cluster.pieces(0, "web@1.0.0") > 256; });
  cluster.stop_node(0);
  const auto before = std::filesystem::exists(cluster.root(0) / "apps/web/current");
  cluster.start_node(0);
  await("the node's transfer", [&] { return cluster.pieces(0, "web@1.0.0") > 0; });
  EXPECT_GT(cluster.pieces(0, "web@1.0.0"), 256U) << "what it had is there at once";
  EXPECT_FALSE(before) << "it was to be stopped midway";
  cluster.await_active("web@1.0.0");
}

TEST(Fleet, RestartedNodeSharesWhatItHas) {
  Cluster cluster{{.nodes = 2}};
  auto publisher = cluster.publish("web@1.0.0", {.mebibytes = 4});
  cluster.await_active("web@1.0.0");
  publisher->leave();
  cluster.stop_node(1);
  std::filesystem::remove_all(cluster.root(1));
  cluster.stop_node(0);
  cluster.start_node(0);
  cluster.start_node(1);  // everything it gets comes from node 0
  cluster.await_active("web@1.0.0");
}

TEST(Fleet, CorruptBlockIsFoundAndReplaced) {
  Cluster cluster{{.nodes = 3}};
  cluster.stop_node(2);
  auto publisher = cluster.publish("web@1.0.0", {.mebibytes = 4});
  cluster.await_active("web@1.0.0", {0, 1});
  publisher->leave();
  for (const auto& image : std::filesystem::directory_iterator(cluster.root(0) / "images")) {
    std::fstream file(image.path() / "image", std::ios::binary | std::ios::in | std::ios::out);
    for (int block = 0; block < 256; block += 3) {
      file.seekp(block * 16384 + 100);
      file.put('\x5a').put('\xa5');
    }
  }
  cluster.start_node(2);
  cluster.await_active("web@1.0.0", {2});
}

TEST(Fleet, SurvivesATrackerThatRestartsMidway) {
  Cluster cluster{{.nodes = 3}};
  auto publisher = cluster.publish("web@1.0.0", {.mebibytes = 8, .upload_limit = 4 * kMiB});
  await("the first pieces", [&] { return cluster.pieces(0, "web@1.0.0") > 8; });
  cluster.stop_tracker();
  cluster.await_active("web@1.0.0");  // no tracker is needed for what was begun
  cluster.start_tracker();
  cluster.await_following();
  auto next = cluster.publish("web@1.1.0", {.mebibytes = 2, .seed = 2});
  cluster.await_active("web@1.1.0");
}

TEST(Fleet, TwoReleasesAtOnce) {
  Cluster cluster{{.nodes = 3, .follows = {"web/prod", "api/prod"}}};
  auto web = cluster.publish("web@1.0.0", {.mebibytes = 6, .upload_limit = 8 * kMiB});
  auto api = cluster.publish("api@7", {.mebibytes = 6, .seed = 2, .upload_limit = 8 * kMiB});
  cluster.await_active("api@7");
  cluster.await_active("web@1.0.0");
}

TEST(Fleet, StagesOnceWhatWasInTheWayIsGone) {
  Cluster cluster{{.nodes = 1}};
  // A file where the store wants a directory: staging fails after pieces have come.
  const auto obstacle = cluster.root(0) / "apps/web/incoming";
  std::filesystem::create_directories(obstacle.parent_path());
  std::ofstream(obstacle) << "in the way";
  auto publisher = cluster.publish("web@1.0.0", {.mebibytes = 2});
  await("the failure to show", [&] { return cluster.state(0, "web@1.0.0") == "failed"; });
  std::filesystem::remove(obstacle);
  cluster.await_active("web@1.0.0");
}

TEST(Fleet, PublisherLearnsOfAFetchThatLeavesAtOnce) {
  Cluster cluster{{.nodes = 0}};
  auto publisher = cluster.publish("web@1.0.0", {.mebibytes = 1, .goal = seeder::Staged{1}});
  cluster.fetch("web@1.0.0", cluster.tracker_url());
  EXPECT_EQ(publisher->result().staged, 1U);
}

TEST(Fleet, FetchTakesNoOtherReleaseThanItAskedFor) {
  Cluster cluster{{.nodes = 1}};
  auto publisher = cluster.publish("web@1.0.0", {.mebibytes = 1});
  cluster.await_active("web@1.0.0");
  const auto offer = cluster.offer_of("web@1.0.0");
  net::HttpServer hostile(
      {}, [&](const net::Request&) { return net::Response{.body = offer, .headers = {}}; });
  hostile.start();
  const auto url = net::Url::parse("http://" + hostile.local_endpoint().str());
  for (const auto* asked : {"web@2.0.0", "web/prod"}) {  // the offer bears no channel statement
    try {
      cluster.fetch(asked, url);
      ADD_FAILURE() << "took web@1.0.0 for " << asked;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::integrity) << error.what();
    }
  }
}

TEST(Fleet, NewReleaseOvertakesTheOneBeingFetched) {
  Cluster cluster{{.nodes = 3}};
  auto slow = cluster.publish("web@1.0.0", {.mebibytes = 16, .upload_limit = 1 * kMiB});
  await("the first pieces", [&] { return cluster.pieces(0, "web@1.0.0") > 8; });
  auto quick = cluster.publish("web@1.1.0", {.mebibytes = 2, .seed = 2});
  cluster.await_active("web@1.1.0");
}

}  // namespace
}  // namespace roost::flow
