// A child process that can't be forgotten: the destructor kills and reaps it.
//
// Started with posix_spawn and a clean signal mask. stdout and stderr go to files
// or are collected in memory by a thread of the Child's. One thread owns a Child;
// out(), err() and signal() may be called from any.
// Throws Error when the program can't be started or a pipe can't be made.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/deadline.hpp"

namespace roost {

struct ChildOptions {
  std::vector<std::string> argv;  // argv[0] is looked up in PATH when it has no '/'
  std::vector<std::pair<std::string, std::string>> env;  // added to ours, or instead of ours
  std::vector<std::string> unset_env;                    // left out
  std::filesystem::path directory;                       // to start in; empty: ours
  std::filesystem::path stdout_file;                     // appended to; empty: collected
  std::filesystem::path stderr_file;                     // may be the same as stdout_file
  std::optional<std::string> input;                      // for stdin; nothing: /dev/null
  bool own_group = false;  // out of the terminal's reach: Ctrl-C is then ours to pass on
};

struct ChildExit {
  int status = 0;  // exit status, or 128 + signal as a shell shows it
  int signal = 0;  // that ended it, or 0

  bool operator==(const ChildExit&) const = default;
};

class Child {
 public:
  explicit Child(const ChildOptions& options);
  Child(Child&&) noexcept;
  Child& operator=(Child&&) noexcept;
  ~Child();

  pid_t pid() const noexcept;

  // Nothing when the deadline passes first. Asked again after the end, the same answer;
  // after it, out() and err() are complete unless a grandchild still holds the pipe.
  std::optional<ChildExit> wait(Deadline deadline);
  bool running() { return !wait(Deadline::in(std::chrono::milliseconds(0))).has_value(); }

  // User and system time of it and of what it waited for, in seconds; once it was reaped.
  double cpu_seconds() const noexcept;

  void signal(int number) noexcept;  // nothing happens once it has been reaped
  void kill() noexcept;              // SIGKILL, then reaps

  std::string out() const;  // collected so far
  std::string err() const;

  // Waits until the output collected so far satisfies the predicate (out, err). False when
  // the deadline passes or both pipes end first.
  bool wait_output(
      Deadline deadline,
      const std::function<bool(const std::string& out, const std::string& err)>& enough);

  // SIGKILL to every child of this process that a Child still owns; for the last
  // moment before _exit.
  static void kill_all() noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct Finished {
  ChildExit exit;
  std::string out;
  std::string err;
};

// Runs it to the end. Throws Error{deadline}, the child then being killed.
Finished run_child(const ChildOptions& options, Deadline deadline);

}  // namespace roost
