#include "peer/hook_family.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "core/base/error.hpp"

namespace roost::peer {
namespace {

std::vector<pid_t> children() {
  std::ifstream in("/proc/thread-self/children");
  if (!in) throw_errno("find a hook's processes: /proc/thread-self/children");
  std::vector<pid_t> result;
  for (pid_t pid = 0; in >> pid;) result.push_back(pid);
  return result;
}

}  // namespace

HookFamily::HookFamily() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) throw_errno("become a subreaper");
  children();  // refuses before anything runs that could not be ended
}

std::vector<Reaped> HookFamily::reap() {
  std::vector<Reaped> result;
  for (Reaped one; (one.pid = ::waitpid(-1, &one.status, WNOHANG | WUNTRACED)) > 0;) {
    result.push_back(one);
  }
  return result;
}

bool HookFamily::any() const {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;  // else ECHILD
}

std::size_t HookFamily::size() const {
  return children().size();
}

void HookFamily::end_new() {
  for (const pid_t child : children()) {
    if (!told_.insert(child).second) continue;
    signal(child, SIGTERM);
    signal(child, SIGCONT);  // a stopped process would never see the SIGTERM
  }
}

void HookFamily::kill() {
  for (const pid_t child : children()) {
    told_.insert(child);
    signal(child, SIGKILL);
  }
}

// The whole group at once: a fork bomb can't be faster. Sessions begin with the hook, so
// a child's group holds only its relatives, unless it has not yet left ours.
void HookFamily::signal(pid_t child, int number) const {
  const pid_t group = ::getpgid(child);
  if (group > 0 && group != ::getpgrp()) ::kill(-group, number);
  ::kill(child, number);
}

}  // namespace roost::peer
