// roost bench: real runs in a lab of namespaces (as root), and what is left after them.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bench/fanout/disk.hpp"
#include "tests/cli/sandbox.hpp"
#include "tests/support/wait.hpp"

namespace roost::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

class Bench : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "a lab needs root";
    fs::create_directory(work());
  }

  fs::path work() const { return box_ / "work"; }

  ChildOptions fanout(const Args& more) const {
    Args args{"bench", "fanout", "--dir", work().string(), "--rate", "200Mbit", "--json"};
    args.insert(args.end(), more.begin(), more.end());
    return box_.options(args);
  }

  std::vector<std::string> mounts() const {
    std::vector<std::string> found;
    std::ifstream file("/proc/self/mounts");
    for (std::string line; std::getline(file, line);) {
      if (line.find(work().string() + "/") != std::string::npos) found.push_back(line);
    }
    return found;
  }

  // Everything that a run of that process could have left.
  std::vector<std::string> left_by(pid_t pid) const {
    auto found = mounts();
    const auto prefix = "roostlab-" + std::to_string(pid) + "-";
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/run/netns", ignored)) {
      if (entry.path().filename().string().starts_with(prefix)) found.push_back(entry.path());
    }
    for (const auto& entry : fs::directory_iterator(work())) found.push_back(entry.path());
    for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
      std::ifstream file(entry.path() / "cmdline");
      const std::string words(std::istreambuf_iterator<char>(file), {});
      if (words.find(work().string() + "/") != std::string::npos) found.push_back(words);
    }
    return found;
  }

  bool delivering() const {  // a node has begun to fetch
    std::error_code gone;    // directories come and go meanwhile
    for (auto it = fs::recursive_directory_iterator(work(), gone);
         it != fs::recursive_directory_iterator(); it.increment(gone)) {
      if (it->path().filename() == "image") return true;
    }
    return false;
  }

  Sandbox box_;
};

std::vector<json> runs_of(const std::string& out) {
  std::vector<json> runs;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    auto object = json::parse(line);
    if (object["type"] == "run") runs.push_back(std::move(object));
  }
  return runs;
}

bool has_run(const std::string& out, const std::string& /*err*/) {
  return out.find("\"type\":\"run\"") != std::string::npos;
}

void expect_delivered(const json& run, std::size_t nodes) {
  SCOPED_TRACE(run.dump());
  EXPECT_EQ(run["failed"], "");
  EXPECT_GT(run["bound_s"], 0);
  EXPECT_GE(run["seeder_bytes"], run["wire_bytes"]);
  ASSERT_EQ(run["nodes"].size(), nodes);
  for (const auto& node : run["nodes"]) {
    EXPECT_EQ(node["content_ok"], true);
    EXPECT_GT(node["done_s"], 0);
    EXPECT_GE(node["staged_s"], node["done_s"]);
    EXPECT_GE(node["bytes_in"], run["wire_bytes"]);
    if (run["setting"]["method"] == "roost") {
      EXPECT_TRUE(node["shares"].contains(node["bound_by"])) << node;
    }
  }
}

TEST_F(Bench, BringsABlobToThreeNodesByEachMethod) {
  Child child(fanout({"--nodes", "3", "--size", "1MiB", "--method", "roost", "--method", "http",
                      "--method", "plain-libtorrent", "--method", "rsync", "--out", "all.json"}));
  ASSERT_EQ(child.wait(Deadline::in(120s)), (ChildExit{0, 0})) << child.err();
  const auto runs = runs_of(child.out());
  const auto file = json::parse(std::ifstream(box_ / "all.json"));
  EXPECT_EQ(file["runs"].size(), runs.size());
  EXPECT_EQ(runs.size() + file["skipped"].size(), 4U);
  EXPECT_EQ(runs.front()["setting"]["method"], "roost");
  EXPECT_EQ(runs.front()["setting"]["tls"], true);
  for (const auto& run : runs) expect_delivered(run, 3);
  EXPECT_THAT(left_by(child.pid()), IsEmpty());
}

TEST_F(Bench, BringsATreeToItsNodes) {
  Child child(fanout({"--nodes", "2", "--artifact", "build-output", "--method", "roost", "--method",
                      "http", "--method", "murder"}));
  ASSERT_EQ(child.wait(Deadline::in(120s)), (ChildExit{0, 0})) << child.err();
  for (const auto& run : runs_of(child.out())) expect_delivered(run, 2);
}

TEST_F(Bench, CtrlCLeavesNothingBehind) {
  Child child(fanout({"--nodes", "6", "--size", "32MiB", "--rate", "10Mbit", "--method", "roost"}));
  ASSERT_TRUE(wait_until(60s, [&] { return delivering(); }));
  child.signal(SIGINT);
  const auto exit = child.wait(Deadline::in(30s));
  ASSERT_TRUE(exit.has_value());
  EXPECT_EQ(exit->status, 130) << child.err();
  EXPECT_THAT(left_by(child.pid()), IsEmpty());
}

TEST_F(Bench, CtrlCKeepsTheRunsThatFinished) {
  Child child(fanout({"--nodes", "2", "--size", "1MiB", "--method", "plain-libtorrent", "--runs",
                      "1000", "--out", "some.json"}));
  ASSERT_TRUE(child.wait_output(Deadline::in(60s), has_run)) << child.err();
  child.signal(SIGINT);
  EXPECT_EQ(child.wait(Deadline::in(30s)), (ChildExit{130, 0})) << child.err();
  EXPECT_EQ(box_.run({"bench", "report", "some.json"}).exit, 0);
  const auto file = json::parse(std::ifstream(box_ / "some.json"));
  EXPECT_EQ(file["runs"].size(), runs_of(child.out()).size());
  EXPECT_LT(file["runs"].size(), 1000U);
}

TEST(BenchSimulate, AKilledOneKeepsTheRunsThatFinished) {
  const Sandbox box;
  Child child(box.options({"bench", "simulate", "--nodes", "8", "--size", "1MiB", "--runs",
                           "1000000", "--out", "some.json", "--json"}));
  ASSERT_TRUE(child.wait_output(Deadline::in(60s), has_run)) << child.err();
  child.kill();
  EXPECT_EQ(box.run({"bench", "report", "some.json"}).exit, 0);
  const auto file = json::parse(std::ifstream(box / "some.json"));
  EXPECT_FALSE(file["runs"].empty());
}

TEST(BenchSimulate, RefusesAFileThatItCouldNotWriteBeforeItRuns) {
  const Sandbox box;
  const auto exit_with = [&](const std::string& out) {
    const auto ran =
        box.run({"bench", "simulate", "--nodes", "2", "--size", "1MiB", "--json", "--out", out});
    EXPECT_THAT(runs_of(ran.out), IsEmpty());
    return ran.exit;
  };
  EXPECT_EQ(exit_with("missing/some.json"), 3);
  EXPECT_EQ(exit_with("build-output"), 2);
  fs::create_symlink("/dev/null", box / "nothing");
  EXPECT_EQ(exit_with("nothing"), 2);
}

TEST_F(Bench, CleanRemovesWhatAKilledRunLeft) {
  Child child(fanout({"--nodes", "3", "--size", "32MiB", "--rate", "10Mbit", "--method", "roost"}));
  ASSERT_TRUE(wait_until(60s, [&] { return delivering(); }));
  if (bench::file_system_of(work()) == "ext4") {
    EXPECT_EQ(mounts().size(), 1U) << "a run has a file system of its own";
  }
  const Args clean{"bench", "clean", "--dir", work().string(), "--json"};
  EXPECT_EQ(box_.run(clean).exit, 0);
  EXPECT_THAT(left_by(child.pid()), testing::Not(IsEmpty())) << "a living run lost its lab";
  child.kill();
  const auto ran = box_.run(clean);
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(left_by(child.pid()), IsEmpty());
}

TEST_F(Bench, WithoutRootRoostRunsOnLoopbackAndTheRestIsSkippedByName) {
  ::chmod(work().c_str(), 0777);
  Child child(unprivileged(
      fanout({"--nodes", "2", "--size", "1MiB", "--method", "roost", "--method", "http"})));
  ASSERT_EQ(child.wait(Deadline::in(60s)), (ChildExit{0, 0})) << child.err();
  EXPECT_THAT(child.err(), HasSubstr("loopback with rate limits"));
  const auto runs = runs_of(child.out());
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_THAT(runs[0]["note"].get<std::string>(), HasSubstr("loopback"));
  EXPECT_GE(runs[0]["seeder_bytes"], runs[0]["setting"]["size"])
      << "the index comes with the offer";
  for (const auto& node : runs[0]["nodes"]) EXPECT_EQ(node["content_ok"], true);
  EXPECT_THAT(child.out(), HasSubstr("http: needs a lab"));
}

TEST_F(Bench, AMissedThresholdExitsWithNine) {
  const Args usual{"--nodes", "2", "--size", "1MiB", "--method", "plain-libtorrent", "--threshold"};
  const auto exit_with = [&](const std::string& threshold) {
    auto args = usual;
    args.push_back(threshold);
    Child child(fanout(args));
    return child.wait(Deadline::in(60s)).value_or(ChildExit{-1, 0}).status;
  };
  EXPECT_EQ(exit_with("t_last_s<0.01"), 9);
  EXPECT_EQ(exit_with("ratio_last"), 2);
}

TEST_F(Bench, RefusesWhatMakesNoSense) {
  const auto exit_of = [&](const Args& more) {
    Child child(fanout(more));
    return child.wait(Deadline::in(30s)).value_or(ChildExit{-1, 0}).status;
  };
  EXPECT_EQ(exit_of({"--method", "carrier-pigeon"}), 2);
  EXPECT_EQ(exit_of({"--method", "roost", "--nodes", "0"}), 2);
  EXPECT_EQ(exit_of({"--method", "roost", "--rate", "0"}), 2);
  EXPECT_EQ(exit_of({"--method", "roost", "--variant", "no-such"}), 2);
  EXPECT_EQ(exit_of({"--method", "roost", "--scenario", "no-such"}), 2);
  EXPECT_EQ(exit_of({"--method", "roost", "--artifact", "missing"}), 3);
  EXPECT_EQ(exit_of({"--method", "roost", "--size", "400TiB"}), 1);
}

}  // namespace
}  // namespace roost::test
