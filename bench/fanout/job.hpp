// A running part of a method: a process, or a shell with what it starts, in a
// process group of its own, so that it can be ended and charged as a whole.
//
// A shell script may tell how far it is by lines on stdout ("done"): said(). The
// destructor kills the group. One thread. Throws Error as Child does.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/process.hpp"

namespace roost::bench {

// Processor seconds of all living processes by process group, what they reaped included.
using GroupCpu = std::map<pid_t, double>;
GroupCpu cpu_by_group();

class Job {
 public:
  explicit Job(ChildOptions options);
  Job(Job&&) noexcept = default;
  Job& operator=(Job&&) = delete;
  ~Job();

  pid_t pid() const noexcept { return child_->pid(); }  // of its first process, and of the group
  bool running() { return child_->running(); }          // the first process
  std::string out() const { return child_->out(); }
  bool said(std::string_view line) const;  // a whole line of stdout

  double cpu_seconds(const GroupCpu& living) const;  // of all its processes since the clock's start
  void start_clock(const GroupCpu& living);

  // SIGTERM to the group, after the grace time SIGKILL.
  void end(std::chrono::milliseconds grace = std::chrono::milliseconds(1500));
  void kill() noexcept;  // SIGKILL to the group, at once

 private:
  double total_cpu(const GroupCpu& living) const;

  std::unique_ptr<Child> child_;
  double cpu_before_ = 0;
};

// Something in the network namespace of that process listens on the TCP port.
bool listens(pid_t process, std::uint16_t port);

std::filesystem::path roost_program();  // the binary that runs now

std::string shell_quoted(std::string_view text);  // for a shell

}  // namespace roost::bench
