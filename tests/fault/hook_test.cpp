// Hooks that misbehave, run by the shipped supervisor: whatever they do, the deadline
// holds and nothing of them is left. A process is recognised by a variable of its
// environment, which all that comes of a hook inherits.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/process.hpp"
#include "peer/hooks.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/run_roost.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/wait.hpp"

namespace roost::peer {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using test::wait_until;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr auto kDeadline = 700ms;
constexpr auto kGrace = 500ms;
constexpr auto kNever = 60s;     // a hook that takes this long hangs
constexpr auto kSlack = 2500ms;  // two cores, shared by many tests
constexpr auto kSoon = 20s;

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Hook : public testing::Test {
 protected:
  // A shell program; $D is a directory of the test's own that any user may write to.
  HookJob job(const std::string& script, std::chrono::milliseconds deadline = kNever) const {
    HookJob job;
    job.argv = {"/bin/sh", "-c", script};
    job.cwd = "/";
    job.env = {{"PATH", "/usr/bin:/bin"}, {"D", dir_.path().string()}, {"MARK", mark_}};
    job.deadline = deadline;
    job.term_grace = kGrace;
    return job;
  }

  HookRunner runner() const { return HookRunner({test::roost_binary(), "hook-supervisor"}); }
  HookOutcome run(const HookJob& job) const { return runner().run(job, {}); }

  // Processes with our mark in their environment; a zombie's can't be read.
  std::vector<pid_t> alive() const {
    std::vector<pid_t> result;
    for (const auto& item : fs::directory_iterator("/proc")) {
      const auto name = item.path().filename().string();
      if (name.find_first_not_of("0123456789") != std::string::npos) continue;
      const auto env = slurp(item.path() / "environ");
      if (env.find("MARK=" + mark_ + '\0') != std::string::npos) result.push_back(std::stoi(name));
    }
    return result;
  }

  bool gone() const {
    return wait_until(kSoon, [&] { return alive().empty(); });
  }

  pid_t pid_in(const std::string& name) const {
    const auto text = slurp(dir_ / name);
    return text.empty() || text.back() != '\n' ? -1 : std::stoi(text);
  }
  // Gone, or a zombie that init has not reaped yet.
  bool ended(const std::string& name) const {
    std::error_code error;
    (void)fs::read_symlink("/proc/" + std::to_string(pid_in(name)) + "/exe", error);
    return static_cast<bool>(error);
  }

  bool says(const std::string& name) const {
    return wait_until(kSoon, [&] { return pid_in(name) > 0; });
  }

  const test::TempDir dir_;
  const std::string mark_ = dir_.path().filename().string();
};

// Wall time of what f does.
template <class F>
std::chrono::milliseconds took(F f) {
  const auto begin = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               begin);
}

TEST_F(Hook, GivesStatusAndOutputOfBothStreams) {
  const auto outcome = run(job("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(outcome.status, 3);
  EXPECT_EQ(outcome.output, "out\nerr\n");
  EXPECT_EQ(outcome.verdict(), HookVerdict::failed);
  EXPECT_EQ(outcome.swept, 0U);
  EXPECT_EQ(outcome.error, "");
}

TEST_F(Hook, MapsItsStatusToAVerdict) {
  EXPECT_EQ(run(job("exit 0")).verdict(), HookVerdict::ok);
  EXPECT_EQ(run(job("exit 75")).verdict(), HookVerdict::retry);
  EXPECT_EQ(run(job("exit 77")).verdict(), HookVerdict::defer);
  EXPECT_EQ(run(job("exit 124")).verdict(), HookVerdict::failed);
  const auto killed = run(job("kill -KILL $$"));
  EXPECT_EQ(killed.status, 128 + SIGKILL);
  EXPECT_EQ(killed.verdict(), HookVerdict::failed);
}

TEST_F(Hook, SeesItsEnvironmentItsChangesAndNoOtherDescriptor) {
  ASSERT_EQ(::setenv("ROOST_SECRET", "of the daemon", 1), 0);
  auto it = job("env | sort; pwd; ls /proc/self/fd | tr '\\n' ' '; cat /dev/fd/3; cat; ulimit -c");
  it.env = {{"PATH", "/usr/bin:/bin"}};
  it.cwd = dir_.path();
  it.changes = "M\ta file\nD\tb\n";
  const auto outcome = run(it);
  ::unsetenv("ROOST_SECRET");
  EXPECT_EQ(outcome.output, "PATH=/usr/bin:/bin\nPWD=" + dir_.path().string() + "\n" +
                                dir_.path().string() + "\n0 1 2 3 4 M\ta file\nD\tb\n0\n")
      << "4 is the directory that ls reads";
}

TEST_F(Hook, LeadsASessionOfItsOwn) {
  const auto outcome = run(job("cut -d' ' -f1,5,6 /proc/$$/stat"));
  const auto pid = outcome.output.substr(0, outcome.output.find(' '));
  EXPECT_EQ(outcome.output, pid + " " + pid + " " + pid + "\n");
}

TEST_F(Hook, ThatCantBeExecutedSaysWhy) {
  auto it = job("");
  it.argv = {"/nowhere/to be found"};
  EXPECT_THAT(run(it).error, HasSubstr("/nowhere/to be found: No such file"));
  EXPECT_EQ(run(it).status, kHookNotFound);
  it.argv = {"/etc/passwd"};
  EXPECT_EQ(run(it).status, kHookNotRunnable);
  it = job("exit 0");
  it.cwd = "/nowhere";
  EXPECT_THAT(run(it).error, HasSubstr("enter /nowhere"));
  it = job("exit 0");
  it.user = "no-such-user";
  const auto outcome = run(it);
  EXPECT_THAT(outcome.error, HasSubstr("'no-such-user'"));
  EXPECT_EQ(outcome.verdict(), HookVerdict::failed);
}

TEST_F(Hook, RunsAsTheUserThatIsAskedFor) {
  auto it = job("id -un; id -Gn; grep NoNewPrivs /proc/self/status; cat /dev/fd/3");
  it.user = ::geteuid() == 0 ? "nobody" : "root";
  it.changes = "A\tx\n";
  const auto outcome = run(it);
  if (::geteuid() == 0) {
    EXPECT_EQ(outcome.output, "nobody\nnogroup\nNoNewPrivs:\t1\nA\tx\n");
  } else {
    EXPECT_THAT(outcome.error, HasSubstr("as user 'root': Operation not permitted"));
  }
}

TEST_F(Hook, ThatHangsEndsAtItsDeadline) {
  HookOutcome outcome;
  const auto time = took([&] { outcome = run(job("echo begun; sleep 1000", kDeadline)); });
  EXPECT_EQ(outcome.status, kHookTimedOut);
  EXPECT_TRUE(outcome.timed_out);
  EXPECT_EQ(outcome.output, "begun\n");
  EXPECT_GE(time, kDeadline);
  EXPECT_LT(time, kDeadline + kGrace + kSlack);
  EXPECT_THAT(alive(), IsEmpty());
}

TEST_F(Hook, ThatEndsInOrderOnSigtermStillTimedOut) {
  const auto outcome = run(job("trap 'echo bye; exit 0' TERM; sleep 1000 & wait", kDeadline));
  EXPECT_EQ(outcome.status, kHookTimedOut);
  EXPECT_EQ(outcome.output, "bye\n");
  EXPECT_THAT(alive(), IsEmpty());
}

TEST_F(Hook, ThatIgnoresSigtermIsKilledAfterTheGrace) {
  HookOutcome outcome;
  const auto time = took(
      [&] { outcome = run(job("trap '' TERM HUP INT; while :; do sleep 0.05; done", kDeadline)); });
  EXPECT_EQ(outcome.status, kHookTimedOut);
  EXPECT_GE(time, kDeadline + kGrace);
  EXPECT_LT(time, kDeadline + kGrace + kSlack);
  EXPECT_THAT(alive(), IsEmpty());
}

TEST_F(Hook, ThatStopsItselfIsWokenToEndInOrder) {
  auto it = job("trap 'echo woken; exit 0' TERM; kill -STOP $$", kDeadline);
  it.term_grace = kNever;  // so that only SIGCONT can end it in time
  HookOutcome outcome;
  const auto time = took([&] { outcome = run(it); });
  EXPECT_EQ(outcome.output, "woken\n");
  EXPECT_EQ(outcome.status, kHookTimedOut);
  EXPECT_LT(time, kDeadline + kSlack);
  EXPECT_THAT(alive(), IsEmpty());
}

TEST_F(Hook, CantHideAProcessInASessionOfItsOwn) {
  const auto outcome =
      run(job("setsid sh -c 'echo $$ > $D/pid; exec sleep 1000' & "
              "until [ -s $D/pid ]; do sleep 0.01; done; exit 0"));
  EXPECT_EQ(outcome.verdict(), HookVerdict::ok);
  EXPECT_EQ(outcome.swept, 1U);
  EXPECT_GT(pid_in("pid"), 0);
  EXPECT_THAT(alive(), IsEmpty());
}

TEST_F(Hook, CantHideAStubbornDaemonForkedTwice) {
  const auto outcome =
      run(job("setsid sh -c 'setsid sh -c \"trap \\\"\\\" TERM HUP; echo \\$\\$ > $D/pid; "
              "while :; do sleep 0.05; done\" & exit 0' & "
              "until [ -s $D/pid ]; do sleep 0.01; done; exit 0"));
  EXPECT_EQ(outcome.verdict(), HookVerdict::ok);
  EXPECT_GE(outcome.swept, 1U);
  EXPECT_THAT(alive(), IsEmpty());
}

TEST_F(Hook, CantOutrunTheSweepByForkingOn) {
  std::ofstream(dir_ / "run") << "trap '' TERM\nsetsid sh $D/run & exit 0\n";
  HookOutcome outcome;
  const auto time = took([&] { outcome = run(job("sh $D/run", kDeadline)); });
  EXPECT_EQ(outcome.survived, 0U);
  EXPECT_LT(time, kDeadline + kGrace + kSlack);
  EXPECT_TRUE(gone());
}

TEST_F(Hook, ThatLeavesItsOutputOpenIsNotWaitedFor) {
  HookOutcome outcome;
  const auto time = took([&] { outcome = run(job("echo done; sleep 1000 & exit 0")); });
  EXPECT_EQ(outcome.verdict(), HookVerdict::ok);
  EXPECT_EQ(outcome.output, "done\n");
  EXPECT_EQ(outcome.swept, 1U);
  EXPECT_LT(time, kGrace + kSlack);
  EXPECT_THAT(alive(), IsEmpty());
}

TEST_F(Hook, ThatPrintsAGigabyteCostsLittleMemory) {
  // The supervisor's own peak, asked of the kernel by the hook as its last act.
  const auto outcome =
      run(job("echo first; yes 0123456789abcde | head -c 1073741824; "
              "grep VmHWM /proc/$PPID/status > $D/peak; echo last",
              100s));
  EXPECT_EQ(outcome.verdict(), HookVerdict::ok);
  EXPECT_THAT(outcome.output, StartsWith("first\n0123456789abcde\n"));
  EXPECT_THAT(outcome.output, testing::EndsWith("0123456789abcde\nlast\n"));
  EXPECT_EQ(outcome.omitted, (std::uint64_t{1} << 30) + 11 - (std::uint64_t{64} << 10));
  EXPECT_LT(outcome.output.size(), std::size_t{65} << 10);
  unsigned long kib = 0;
  std::string label;
  std::ifstream(dir_ / "peak") >> label >> kib;
  EXPECT_GT(kib, 1000U);
  EXPECT_LT(kib, 128U * 1024) << "libraries included";
}

TEST_F(Hook, MayPrintAnyBytes) {
  const auto outcome = run(job("printf 'a\\377\\033[31m\\303\\244\\n'"));
  EXPECT_EQ(outcome.output, "a\\xFF\\x1B[31m\xC3\xA4\n");
}

TEST_F(Hook, StopsWhenItsCallerStops) {
  std::stop_source stop;
  std::jthread caller([&] {
    EXPECT_TRUE(says("pid"));
    stop.request_stop();
  });
  const auto time = took([&] {
    EXPECT_EQ(test::code_of([&] {
                runner().run(job("echo $$ > $D/pid; setsid sleep 1000 & wait"), stop.get_token());
              }),
              Errc::interrupted);
  });
  EXPECT_LT(time, kSoon + kGrace + kSlack);
  EXPECT_THAT(alive(), IsEmpty());
}

// Writes who supervises it (worker, guard), leaves a session of its own behind, and hangs.
constexpr auto kWatched =
    "trap '' TERM; setsid sleep 1000 & echo $PPID > $D/worker; "
    "cut -d' ' -f4 /proc/$PPID/stat > $D/guard; echo $$ > $D/pid; "
    "while :; do sleep 0.05; done";

TEST_F(Hook, DoesNotOutliveAKilledDaemon) {
  const pid_t daemon = ::fork();  // this process has no other thread
  if (daemon == 0) {
    try {
      (void)run(job(kWatched));
    } catch (const std::exception&) {
    }
    ::_exit(0);
  }
  ASSERT_TRUE(says("pid"));
  EXPECT_THAT(alive(), testing::Not(IsEmpty()));
  ::kill(daemon, SIGKILL);
  EXPECT_EQ(::waitpid(daemon, nullptr, 0), daemon);
  EXPECT_TRUE(gone());
  EXPECT_TRUE(wait_until(
      kSoon, [&] { return ::kill(pid_in("worker"), 0) != 0 && ::kill(pid_in("guard"), 0) != 0; }));
}

class HookWithLostSupervisor : public Hook, public testing::WithParamInterface<const char*> {};

TEST_P(HookWithLostSupervisor, FailsAndLeavesNothing) {
  std::jthread killer([&] {
    EXPECT_TRUE(says("pid"));
    ::kill(pid_in(GetParam()), SIGKILL);
  });
  HookOutcome outcome;
  const auto time = took([&] { outcome = run(job(kWatched)); });
  EXPECT_EQ(outcome.status, kHookUnsupervised);
  EXPECT_THAT(outcome.error, StartsWith("its supervisor"));
  EXPECT_EQ(outcome.verdict(), HookVerdict::failed);
  EXPECT_LT(time, kSoon);
  EXPECT_THAT(alive(), IsEmpty()) << "run() returned before";
  EXPECT_TRUE(wait_until(kSoon, [&] { return ended("worker") && ended("guard"); }));
}

INSTANTIATE_TEST_SUITE_P(Each, HookWithLostSupervisor, testing::Values("worker", "guard"),
                         [](const auto& which) { return std::string(which.param); });

TEST_F(Hook, CantStopTheOneThatWatchesItsDeadline) {
  HookOutcome outcome;
  const auto time = took([&] { outcome = run(job("kill -STOP $PPID; sleep 1000", kDeadline)); });
  EXPECT_EQ(outcome.status, kHookTimedOut);
  EXPECT_LT(time, kDeadline + kGrace + kSlack);
  EXPECT_THAT(alive(), IsEmpty());
}

}  // namespace
}  // namespace roost::peer
