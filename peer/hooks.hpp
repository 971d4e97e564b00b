// Runs the hooks of a node: one supervisor process for each, so that the daemon itself
// never forks, never becomes a subreaper and never waits longer than the deadlines.
//
// run() may be called from any thread, by several at once. It returns when the hook and
// all that came of it have ended, or the job's deadline, grace and a margin have passed;
// a hook that fails, can't be executed or loses its supervisor is an outcome, no error.
// Throws Error{interrupted} when stop ended the hook, Error when no supervisor starts.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "peer/hook_job.hpp"

namespace roost::peer {

class HookRunner {
 public:
  // The program as it runs: the package may have been replaced since.
  explicit HookRunner(std::vector<std::string> supervisor = {"/proc/self/exe", "hook-supervisor"})
      : supervisor_(std::move(supervisor)) {}

  HookOutcome run(const HookJob& job, const std::stop_token& stop) const;

 private:
  std::vector<std::string> supervisor_;
};

}  // namespace roost::peer
