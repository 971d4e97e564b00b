#include "core/base/process.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/base/error.hpp"
#include "core/base/signals.hpp"

namespace roost {
namespace {

using namespace std::chrono_literals;

ChildOptions shell(const std::string& script) {
  ChildOptions options;
  options.argv = {"/bin/sh", "-c", script};
  return options;
}

TEST(Child, CollectsBothStreamsAndTheStatus) {
  const auto done = run_child(shell("echo out; echo err >&2; exit 7"), Deadline::in(10s));
  EXPECT_EQ(done.exit, (ChildExit{7, 0}));
  EXPECT_EQ(done.out, "out\n");
  EXPECT_EQ(done.err, "err\n");
}

TEST(Child, KnowsTheProcessorTimeOfItselfAndItsChildren) {
  Child child(
      shell("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; "
            "sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done'"));
  ASSERT_EQ(child.wait(Deadline::in(60s)), (ChildExit{0, 0}));
  EXPECT_GT(child.cpu_seconds(), 0.02);
  Child idle(shell("exec sleep 0.05"));
  ASSERT_EQ(idle.wait(Deadline::in(60s)), (ChildExit{0, 0}));
  EXPECT_LT(idle.cpu_seconds(), child.cpu_seconds());
}

TEST(Child, CollectsMoreThanAPipeHolds) {
  const auto done = run_child(shell("head -c 3000000 /dev/zero"), Deadline::in(20s));
  EXPECT_EQ(done.out.size(), 3000000U);
}

TEST(Child, ReadsItsInputAndEnvironment) {
  auto options = shell("cat; printf %s \"$ROOST_A$ROOST_B\"");
  ::setenv("ROOST_B", "inherited", 1);
  options.input = "in;";
  options.env = {{"ROOST_A", "a;"}};
  options.unset_env = {"ROOST_B"};
  EXPECT_EQ(run_child(options, Deadline::in(10s)).out, "in;a;");
  ::unsetenv("ROOST_B");
}

TEST(Child, StartsInTheGivenDirectory) {
  auto options = shell("pwd");
  options.directory = "/usr";
  EXPECT_EQ(run_child(options, Deadline::in(10s)).out, "/usr\n");
}

TEST(Child, AppendsBothStreamsToOneFile) {
  const auto log = std::filesystem::temp_directory_path() /
                   ("roost_child_" + std::to_string(::getpid()) + ".log");
  auto options = shell("echo one; echo two >&2");
  options.stdout_file = options.stderr_file = log;
  EXPECT_EQ(run_child(options, Deadline::in(10s)).exit.status, 0);
  std::ifstream file(log);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "one\ntwo\n");
  std::filesystem::remove(log);
}

TEST(Child, ReportsASignalAsAShellDoes) {
  Child child(shell("exec sleep 1000"));
  EXPECT_TRUE(child.running());
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(Deadline::in(10s)), (ChildExit{128 + SIGTERM, SIGTERM}));
  EXPECT_EQ(child.wait(Deadline::in(0s)), (ChildExit{128 + SIGTERM, SIGTERM}));
}

TEST(Child, WaitStopsAtItsDeadline) {
  Child child(shell("exec sleep 1000"));
  EXPECT_FALSE(child.wait(Deadline::in(20ms)).has_value());
}

TEST(Child, DestructorKillsAndReaps) {
  pid_t pid = -1;
  {
    const Child child(shell("exec sleep 1000"));
    pid = child.pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);  // not even a zombie is left
}

TEST(Child, WaitsForOutput) {
  Child child(shell("echo ready; exec sleep 1000"));
  const auto has = [](const char* text) {
    return [text](const std::string& out, const std::string&) {
      return out.find(text) != std::string::npos;
    };
  };
  EXPECT_TRUE(child.wait_output(Deadline::in(10s), has("ready")));
  EXPECT_FALSE(child.wait_output(Deadline::in(20ms), has("never")));
  child.kill();
  EXPECT_FALSE(child.wait_output(Deadline::in(10s), has("never")));
}

TEST(Child, NamesAProgramThatIsNotThere) {
  ChildOptions options;
  options.argv = {"/nonexistent/program"};
  try {
    const Child child(options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::not_found);
    EXPECT_NE(std::string(error.what()).find("/nonexistent/program"), std::string::npos);
  }
}

TEST(Child, StartsWithACleanSignalMask) {
  const SignalStop stop;
  Child child(shell("exec sleep 1000"));
  child.signal(SIGINT);
  EXPECT_EQ(child.wait(Deadline::in(10s)), (ChildExit{128 + SIGINT, SIGINT}));
}

}  // namespace
}  // namespace roost
