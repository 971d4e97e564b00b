// roost bench delta: updates of nodes in a lab of namespaces (as root), and without one.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/sandbox.hpp"

namespace roost::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

class BenchDelta : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "a lab needs root";
    fs::create_directory(work());
  }

  fs::path work() const { return box_ / "work"; }

  ChildOptions delta(const Args& more) const {
    Args args{"bench",  "delta",   "--dir",  work().string(), "--nodes", "2",
              "--rate", "200Mbit", "--json", "--progress",    "quiet"};
    args.insert(args.end(), more.begin(), more.end());
    return box_.options(args);
  }

  Sandbox box_;
};

// What `--json` printed: the runs, then the result.
std::vector<json> lines_of(const std::string& out, const std::string& type) {
  std::vector<json> found;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    auto object = json::parse(line);
    if (object["type"] == type) found.push_back(std::move(object));
  }
  return found;
}

void expect_updated(const json& run) {
  SCOPED_TRACE(run.dump());
  EXPECT_EQ(run["failed"], "");
  ASSERT_EQ(run["nodes"].size(), 2U);
  for (const auto& node : run["nodes"]) {
    EXPECT_EQ(node["content_ok"], true);
    EXPECT_GT(node["staged_s"], 0);
  }
}

TEST_F(BenchDelta, NodesThatHoldTheTreeBeforeReceiveLessThanACopy) {
  constexpr std::uint64_t kSize = 4'000'000;
  Child child(delta({"--size", std::to_string(kSize), "--out", "delta.json"}));
  ASSERT_EQ(child.wait(Deadline::in(200s)), (ChildExit{0, 0})) << child.err();
  const auto runs = lines_of(child.out(), "run");
  const auto file = json::parse(std::ifstream(box_ / "delta.json"));
  ASSERT_EQ(file["runs"].size(), runs.size());
  EXPECT_EQ(runs.size() + file["skipped"].size(), 4U) << "roost, rsync, zsync, casync";
  ASSERT_FALSE(runs.empty());
  EXPECT_EQ(runs.front()["setting"]["method"], "roost");
  for (const auto& run : runs) {
    expect_updated(run);
    EXPECT_EQ(run["setting"]["scenario"], "delta-in-place");
    EXPECT_EQ(run["setting"]["size"], kSize);
    const auto& update = run["update"];
    EXPECT_EQ(update["old_size"], kSize);
    EXPECT_EQ(update["changed_bytes"], kSize / 20);
    EXPECT_GT(update["stored_bytes"], update["changed_packed"]);
    EXPECT_GT(update["index_bytes"], 0);
    for (const auto& node : run["nodes"]) {
      // The tree packs about three times smaller.
      EXPECT_LT(node["bytes_in"], kSize / 6) << run["setting"]["method"];
      EXPECT_LE(node["bytes_payload"], node["bytes_in"]) << run["setting"]["method"];
      // Short patches are part of no swarm: they come with the offer.
      if (run["setting"]["method"] == "roost") continue;
      EXPECT_GT(node["bytes_payload"], 0) << run["setting"]["method"];
    }
  }
  for (const auto& node : runs.front()["nodes"]) EXPECT_GT(node["bytes_reused"], kSize / 6);
  const auto result = lines_of(child.out(), "result");
  ASSERT_EQ(result.size(), 1U);
  // A run that was short of CPU has no figures, and a small machine may be.
  EXPECT_EQ(result[0]["settings"].size(), runs.size());
  for (const auto& setting : result[0]["settings"]) EXPECT_EQ(setting["failed"], json::array());
  EXPECT_TRUE(fs::is_empty(work()));
}

TEST_F(BenchDelta, TakesTwoTreesAndAThreshold) {
  fs::copy(box_ / "build-output", box_ / "newer", fs::copy_options::recursive);
  std::ofstream(box_ / "newer" / "added") << "a new file";
  const Args trees{"--from", "build-output", "--to", "newer", "--method", "roost"};
  Child kept(delta(trees));
  ASSERT_EQ(kept.wait(Deadline::in(120s)), (ChildExit{0, 0})) << kept.err();
  const auto runs = lines_of(kept.out(), "run");
  ASSERT_EQ(runs.size(), 1U);
  expect_updated(runs[0]);
  EXPECT_EQ(runs[0]["setting"]["scenario"], "delta-trees");
  EXPECT_FALSE(runs[0]["update"].contains("changed_bytes"));
  auto judged = trees;
  judged.insert(judged.end(), {"--threshold", "link_mib<0.000001"});
  Child missed(delta(judged));
  ASSERT_EQ(missed.wait(Deadline::in(120s)), (ChildExit{9, 0})) << missed.err();
}

TEST_F(BenchDelta, WithoutRootRoostRunsOnLoopbackByItsOwnAccount) {
  ::chmod(work().c_str(), 0777);
  Child child(unprivileged(delta({"--case", "mode", "--size", "1MiB"})));
  ASSERT_EQ(child.wait(Deadline::in(120s)), (ChildExit{0, 0})) << child.err();
  const auto runs = lines_of(child.out(), "run");
  ASSERT_EQ(runs.size(), 1U);
  expect_updated(runs[0]);
  EXPECT_THAT(runs[0]["note"].get<std::string>(), HasSubstr("loopback"));
  EXPECT_EQ(runs[0]["update"]["stored_bytes"], 0);
  for (const auto& node : runs[0]["nodes"]) {
    EXPECT_LT(node["bytes_payload"], 100'000) << "the index and no image";
  }
  const auto result = lines_of(child.out(), "result").at(0);
  EXPECT_FALSE(result["settings"][0]["figures"].contains("link_mib"));
  EXPECT_THAT(result["skipped"].dump(), HasSubstr("rsync: needs a lab"));
}

TEST_F(BenchDelta, RefusesWhatMakesNoSense) {
  const auto exit_of = [&](const Args& more) {
    Child child(delta(more));
    return child.wait(Deadline::in(30s)).value_or(ChildExit{-1, 0}).status;
  };
  EXPECT_EQ(exit_of({"--method", "http"}), 2);
  EXPECT_EQ(exit_of({"--case", "no-such"}), 2);
  EXPECT_EQ(exit_of({"--nodes", "0"}), 2);
  EXPECT_EQ(exit_of({"--rate", "0"}), 2);
  EXPECT_EQ(exit_of({"--runs", "0"}), 2);
  EXPECT_EQ(exit_of({"--size", "1KiB"}), 2);
  EXPECT_EQ(exit_of({"--from", "build-output"}), 2);
  EXPECT_EQ(exit_of({"--from", "build-output", "--to", "missing"}), 3);
  EXPECT_EQ(exit_of({"--size", "400TiB"}), 1);
}

}  // namespace
}  // namespace roost::test
