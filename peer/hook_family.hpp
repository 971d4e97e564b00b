// The processes that come of a hook, as the subreaper that calls this sees them.
//
// Children are read from /proc/thread-self/children, so call it from the thread that
// forked, in a process without other threads. Only children not yet reaped and their
// process groups are signalled, so no number can have passed to a stranger: between two
// calls of reap() nobody else can free one. A descendant further down becomes a child
// when its parent ends. Throws Error where the kernel has no such file.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <set>
#include <vector>

namespace roost::peer {

struct Reaped {
  pid_t pid = -1;
  int status = 0;  // as waitpid(2) gives it
};

class HookFamily {
 public:
  HookFamily();  // makes this process a subreaper
  ~HookFamily() = default;
  HookFamily(const HookFamily&) = delete;
  HookFamily& operator=(const HookFamily&) = delete;

  std::vector<Reaped> reap();  // all that ended since; does not wait
  bool any() const;            // a child is left
  std::size_t size() const;    // how many

  void end_new();  // SIGTERM to each child, once; wakes it if it is stopped
  void kill();     // SIGKILL to each child, and all in its group

  // How many were told to end so far, but for this one.
  std::size_t ended_beside(pid_t pid) const { return told_.size() - told_.count(pid); }

 private:
  void signal(pid_t child, int number) const;

  std::set<pid_t> told_;
};

}  // namespace roost::peer
