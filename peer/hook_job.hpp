// What a hook is to run as, and how it ended: all that passes between a daemon and the
// supervisor that it starts for one hook.
//
// Both travel as one line of JSON, the job on the supervisor's stdin and the outcome on
// its stdout. Values only, free of I/O; any thread. parse_* throw Error{integrity}.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roost::peer {

struct HookJob {
  std::vector<std::string> argv;                         // argv[0] is an absolute path
  std::string cwd;                                       // absolute
  std::vector<std::pair<std::string, std::string>> env;  // all of it: ours is not inherited
  std::optional<std::string> user;                       // to run as; nothing: as we do
  std::chrono::milliseconds deadline{60'000};
  std::chrono::milliseconds term_grace{5'000};  // from SIGTERM to SIGKILL
  std::string changes;                          // what it reads from /dev/fd/3

  bool operator==(const HookJob&) const = default;
};

// Statuses of our own, those of timeout(1). A hook's own are 0 to 255, 128 + signal when a
// signal ended it.
constexpr int kHookRetry = 75;          // EX_TEMPFAIL
constexpr int kHookDefer = 77;          // not now
constexpr int kHookTimedOut = 124;      // ended at its deadline
constexpr int kHookUnsupervised = 125;  // its supervisor failed or was killed
constexpr int kHookNotRunnable = 126;   // could not be executed
constexpr int kHookNotFound = 127;      // no such program

enum class HookVerdict { ok, retry, defer, failed };

struct HookOutcome {
  int status = kHookUnsupervised;
  bool timed_out = false;
  bool stopped = false;        // ended because the caller asked for it
  std::uint32_t swept = 0;     // processes that had to be ended after or with it
  std::uint32_t survived = 0;  // of them, those that even SIGKILL did not end in time
  std::string output;          // stdout and stderr, printable, bounded
  std::uint64_t omitted = 0;   // bytes of output left out in its middle
  double seconds = 0;
  std::string error;  // why it did not run or its end is not known; empty otherwise

  HookVerdict verdict() const noexcept;

  bool operator==(const HookOutcome&) const = default;
};

std::string to_json(const HookJob& job);
std::string to_json(const HookOutcome& outcome);
HookJob parse_hook_job(std::string_view text);
HookOutcome parse_hook_outcome(std::string_view text);

}  // namespace roost::peer
