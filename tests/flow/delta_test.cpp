// A release that changes little costs what changed, from wherever its chunks lie.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "tests/flow/cluster.hpp"

namespace roost::flow {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMiB = 1024 * 1024;
// One run of 16 KiB changes from release to release: a chunk or two, and an index.
constexpr std::uint64_t kFew = 400'000;

using Bytes = std::map<std::string, std::uint64_t>;

std::uint64_t sum(const Bytes& bytes) {
  return std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0},
                         [](auto total, const auto& item) { return total + item.second; });
}

TEST(Delta, OnlyWhatChangedIsReceived) {
  Cluster cluster{{.nodes = 3}};
  auto first = cluster.publish("web@1.0.0", {.mebibytes = 8});
  cluster.await_active("web@1.0.0");
  auto second = cluster.publish("web@1.1.0", {.seed = 2, .changed_from = "web@1.0.0"});
  cluster.await_active("web@1.1.0");
  for (unsigned node = 0; node < 3; ++node) {
    EXPECT_LT(cluster.received(node, "web@1.1.0"), kFew);
    const auto reused = cluster.reused(node, "web@1.1.0");
    EXPECT_EQ(reused.size(), 1U);
    EXPECT_GT(reused.at("web@1.0.0"), 8 * kMiB - kFew);
  }
}

TEST(Delta, FetchesThePublishersBaseAndTheRestOverTls) {
  Cluster cluster{{.nodes = 2, .tls = true}};
  auto first = cluster.publish("web@1.0.0", {.mebibytes = 8});
  cluster.await_active("web@1.0.0");
  auto second = cluster.publish("web@1.1.0", {.seed = 2, .changed_from = "web@1.0.0"});
  cluster.await_active("web@1.1.0");
  EXPECT_LT(cluster.received(0, "web@1.1.0"), kFew);
}

TEST(Delta, OldReleasesAnywhereInTheFleetServe) {
  Cluster cluster{{.nodes = 3}};
  cluster.stop_node(0);  // stays fresh
  auto first = cluster.publish("web@1.0.0", {.mebibytes = 8});
  cluster.await_active("web@1.0.0", {1, 2});
  cluster.stop_node(2);
  auto second = cluster.publish("web@1.1.0", {.seed = 2, .changed_from = "web@1.0.0"});
  cluster.await_active("web@1.1.0", {1});
  auto third = cluster.publish("web@1.2.0", {.seed = 3, .changed_from = "web@1.1.0"});
  cluster.start_node(0);
  cluster.start_node(2);
  cluster.await_active("web@1.2.0");
  EXPECT_GT(cluster.received(0, "web@1.2.0"), 8 * kMiB);
  EXPECT_EQ(cluster.reused(0, "web@1.2.0"), Bytes{});
  EXPECT_LT(cluster.received(1, "web@1.2.0"), kFew);
  EXPECT_LT(cluster.received(2, "web@1.2.0"), 2 * kFew) << "two releases behind";
}

TEST(Delta, LateNodeOnAnOldReleaseNeedsNoPublisher) {
  Cluster cluster{{.nodes = 3}};
  auto first = cluster.publish("web@1.0.0", {.mebibytes = 8});
  cluster.await_active("web@1.0.0");
  cluster.stop_node(2);
  auto second = cluster.publish("web@1.1.0", {.seed = 2, .changed_from = "web@1.0.0"});
  cluster.await_active("web@1.1.0", {0, 1});
  first->leave();
  second->leave();
  cluster.start_node(2);
  cluster.await_active("web@1.1.0", {2});
  EXPECT_LT(cluster.received(2, "web@1.1.0"), kFew);
}

// Short patches come with the offer, as a short index does.
TEST(Delta, ShortPatchesTakeNothingFromTheSwarm) {
  Cluster cluster{{.nodes = 2}};
  auto first = cluster.publish("web@1.0.0", {.mebibytes = 8});
  cluster.await_active("web@1.0.0");
  auto second = cluster.publish("web@1.1.0", {.seed = 2, .changed_from = "web@1.0.0"});
  cluster.await_active("web@1.1.0");
  for (unsigned node = 0; node < 2; ++node) {
    EXPECT_EQ(cluster.received(node, "web@1.1.0"), 0U);
    EXPECT_GE(cluster.reused(node, "web@1.1.0").at("web@1.0.0"), 8 * kMiB);
    cluster.expect_equal("web@1.1.0", node);
  }
}

// Twelve random runs: their chunks would be at least twice as long.
constexpr unsigned kRuns = 12;
constexpr std::uint64_t kRunBytes = kRuns * 16 * 1024;

TEST(Delta, LongPatchesGoFromNodeToNode) {
  Cluster cluster{{.nodes = 3, .tls = true}};
  auto first = cluster.publish("web@1.0.0", {.mebibytes = 16});
  cluster.await_active("web@1.0.0");
  cluster.stop_node(2);
  auto second =
      cluster.publish("web@1.1.0", {.seed = 2, .changed_from = "web@1.0.0", .runs = kRuns});
  cluster.await_active("web@1.1.0", {0, 1});
  first->leave();
  second->leave();
  for (const unsigned node : {0U, 1U}) {  // shared again after a restart
    cluster.stop_node(node);
    cluster.start_node(node);
  }
  cluster.start_node(2);
  cluster.await_active("web@1.1.0");
  const auto received = cluster.received(2, "web@1.1.0");
  EXPECT_GT(received, kRunBytes);
  EXPECT_LT(received, kRunBytes * 3 / 2);
  cluster.expect_equal("web@1.1.0", 2);
}

TEST(Delta, PatchesThatNobodyHasAnyMoreAreDoneWithout) {
  Cluster cluster{{.nodes = 2}};
  cluster.stop_node(1);  // stays fresh, so it takes no patches
  auto first = cluster.publish("web@1.0.0", {.mebibytes = 16});
  cluster.await_active("web@1.0.0", {0});
  cluster.stop_node(0);
  auto second =
      cluster.publish("web@1.1.0", {.seed = 2, .changed_from = "web@1.0.0", .runs = kRuns});
  cluster.start_node(1);
  cluster.await_active("web@1.1.0", {1});
  first->leave();
  second->leave();
  cluster.start_node(0);
  cluster.await_active("web@1.1.0", {0});
  EXPECT_GT(cluster.received(0, "web@1.1.0"), kRunBytes * 3 / 2) << "whole chunks";
  EXPECT_LT(cluster.received(0, "web@1.1.0"), kRuns * kFew);
  cluster.expect_equal("web@1.1.0", 0);
}

TEST(Delta, PatchesThatCannotBeWrittenAreDoneWithout) {
  Cluster cluster{{.nodes = 1}};
  auto first = cluster.publish("web@1.0.0", {.mebibytes = 16});
  cluster.await_active("web@1.0.0");
  cluster.stop_node(0);
  auto second =
      cluster.publish("web@1.1.0", {.seed = 2, .changed_from = "web@1.0.0", .runs = kRuns});
  const auto offer = nlohmann::json::parse(cluster.offer_of("web@1.1.0"));
  fs::create_directories(cluster.root(0) / "images" / std::string(offer.at("release_id")) /
                         "patches");  // where the file goes
  cluster.start_node(0);
  cluster.await_active("web@1.1.0");
  EXPECT_GT(cluster.received(0, "web@1.1.0"), kRunBytes * 3 / 2) << "whole chunks";
  cluster.expect_equal("web@1.1.0", 0);
}

TEST(Delta, ChunksOfAnotherNameServe) {
  Cluster cluster{{.nodes = 2, .follows = {"web/prod", "api/prod"}}};
  auto web = cluster.publish("web@1.0.0", {.mebibytes = 8});
  cluster.await_active("web@1.0.0");
  auto api = cluster.publish("api@7", {.seed = 2, .changed_from = "web@1.0.0"});
  cluster.await_active("api@7");
  EXPECT_LT(cluster.received(0, "api@7"), kFew);
  EXPECT_GT(cluster.reused(0, "api@7").at("web@1.0.0"), 8 * kMiB - kFew);
}

TEST(Delta, RenamedDirectoryCostsNoByteOfTheImage) {
  Cluster cluster{{.nodes = 2}};
  auto first = cluster.publish("web@1.0.0", {.mebibytes = 4});
  cluster.await_active("web@1.0.0");
  fs::copy(cluster.artifact("web@1.0.0"), cluster.artifact("web@1.1.0"),
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  fs::rename(cluster.artifact("web@1.1.0") / "bin", cluster.artifact("web@1.1.0") / "lib");
  auto second = cluster.publish("web@1.1.0", {});
  cluster.await_active("web@1.1.0");
  const auto index = fs::file_size(cluster.image_dir(0, "web@1.1.0") / "index");
  EXPECT_LE(cluster.received(0, "web@1.1.0"), index);
  EXPECT_EQ(sum(cluster.reused(0, "web@1.1.0")),
            fs::file_size(cluster.image_dir(0, "web@1.1.0") / "image"));
}

TEST(Delta, RottenImageCostsBytesAndNothingElse) {
  Cluster cluster{{.nodes = 2}};
  auto first = cluster.publish("web@1.0.0", {.mebibytes = 8});
  cluster.await_active("web@1.0.0");
  {
    std::fstream file(cluster.image_dir(0, "web@1.0.0") / "image",
                      std::ios::binary | std::ios::in | std::ios::out);
    for (std::uint64_t at = 1000; at < 4 * kMiB; at += 16384) {
      file.seekp(static_cast<std::streamoff>(at));
      file.put('\x5a').put('\xa5');
    }
  }
  auto second = cluster.publish("web@1.1.0", {.seed = 2, .changed_from = "web@1.0.0"});
  cluster.await_active("web@1.1.0");
  EXPECT_GT(cluster.received(0, "web@1.1.0"), 3 * kMiB);
  EXPECT_LT(cluster.received(0, "web@1.1.0"), 6 * kMiB);
  EXPECT_LT(cluster.received(1, "web@1.1.0"), kFew);
}

TEST(Delta, DamagedIndexOfTheOldImageMeansAFullFetch) {
  Cluster cluster{{.nodes = 2}};
  auto first = cluster.publish("web@1.0.0", {.mebibytes = 4});
  cluster.await_active("web@1.0.0");
  fs::resize_file(cluster.image_dir(0, "web@1.0.0") / "index", 100);
  std::ofstream(cluster.image_dir(1, "web@1.0.0") / "offer.json") << "{";
  auto second = cluster.publish("web@1.1.0", {.seed = 2, .changed_from = "web@1.0.0"});
  cluster.await_active("web@1.1.0");
  for (unsigned node = 0; node < 2; ++node) {
    EXPECT_EQ(cluster.reused(node, "web@1.1.0"), Bytes{});
    EXPECT_GT(cluster.received(node, "web@1.1.0"), 4 * kMiB);
  }
}

TEST(Delta, NodeThatIsStoppedMidwayReusesAgain) {
  Cluster cluster{{.nodes = 2}};
  auto first = cluster.publish("web@1.0.0", {.mebibytes = 8});
  cluster.await_active("web@1.0.0");
  auto second = cluster.publish(
      "web@1.1.0", {.seed = 2, .upload_limit = 64 * 1024, .changed_from = "web@1.0.0"});
  await("the reuse to show", [&] { return !cluster.reused(0, "web@1.1.0").empty(); });
  cluster.stop_node(0);
  cluster.start_node(0);
  cluster.await_active("web@1.1.0");
  EXPECT_LT(cluster.received(0, "web@1.1.0"), kFew);

  // What it made of the image it notes, else the next release would find no base here.
  await("the image to be whole", [&] { return cluster.is_whole(0, "web@1.1.0"); });
  const auto noted = cluster.image_dir(0, "web@1.1.0") / "have";
  await("its pieces to be noted", [&] { return fs::exists(noted); });
}

TEST(Delta, GoingBackToAReleaseThatIsStillHereCostsNothing) {
  Cluster cluster{{.nodes = 2}};
  auto first = cluster.publish("web@1.0.0", {.mebibytes = 4});
  cluster.await_active("web@1.0.0");
  auto second = cluster.publish("web@1.1.0", {.seed = 2, .changed_from = "web@1.0.0"});
  cluster.await_active("web@1.1.0");
  const auto before = cluster.received(0, "web@1.0.0");
  auto again = cluster.publish("web@1.0.0", {});
  cluster.await_active("web@1.0.0");
  EXPECT_EQ(cluster.received(0, "web@1.0.0"), before);
}

TEST(Delta, ImageAloneIsEnoughToGoBack) {
  Cluster cluster{{.nodes = 2}};
  auto first = cluster.publish("web@1.0.0", {.mebibytes = 4});
  cluster.await_active("web@1.0.0");
  const auto old = cluster.current(0, "web");
  auto second = cluster.publish("web@1.1.0", {.seed = 2, .changed_from = "web@1.0.0"});
  cluster.await_active("web@1.1.0");
  cluster.stop_node(0);
  test::remove_tree(cluster.root(0) / "apps/web/releases" / old);
  fs::remove(cluster.root(0) / "apps/web/.rollback");
  auto again = cluster.publish("web@1.0.0", {});
  cluster.start_node(0);
  cluster.await_active("web@1.0.0");
  EXPECT_EQ(cluster.received(0, "web@1.0.0"), 0U);
}

}  // namespace
}  // namespace roost::flow
