// Starts the program of a hook: its own session, a cleared environment, as its user.
//
// stdin is /dev/null, stdout and stderr are one pipe, fd 3 reads the list of changes from
// memory, and there is no other descriptor. No core dump, at most 1024 open files, signals
// as they are by default. A user other than ours is taken with all its groups, and then
// nothing executed gains rights (PR_SET_NO_NEW_PRIVS). Forks: call it in a process
// without other threads. Throws Error when it can't be prepared.
#pragma once

#include <sys/types.h>

#include <string>

#include "core/base/fd.hpp"
#include "peer/hook_job.hpp"

namespace roost::peer {

class HookProcess {
 public:
  explicit HookProcess(const HookJob& job);

  pid_t pid() const noexcept { return pid_; }
  UniqueFd take_output() noexcept { return std::move(output_); }  // does not block

  // Sets status and error if the program was never executed; asked once it ended.
  void explain(HookOutcome& outcome) const;

 private:
  std::string program_;
  std::string cwd_;
  std::string user_;
  pid_t pid_ = -1;
  UniqueFd output_;
  UniqueFd report_;  // closed by a successful execve
};

}  // namespace roost::peer
