#include "peer/hook_supervisor.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <vector>

#include "core/base/deadline.hpp"
#include "core/base/error.hpp"
#include "core/base/fd.hpp"
#include "peer/hook_family.hpp"
#include "peer/hook_job.hpp"
#include "peer/hook_output.hpp"
#include "peer/hook_process.hpp"

namespace roost::peer {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongest{60'000};
constexpr milliseconds kAgain{10};       // between two looks for processes to end
constexpr milliseconds kDies{3'000};     // for SIGKILL to take effect; not in an endless I/O wait
constexpr milliseconds kOverdue{2'000};  // by which a worker is late when it must be stuck
constexpr std::size_t kReadAtOnce = std::size_t{64} << 10;
constexpr int kMostLeftOver = 16;  // reads, of a pipe that holds at most 1 MiB

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGCHLD, SIGTERM, SIGHUP}) sigaddset(&set, number);
  return set;
}

UniqueFd signal_events() {
  const auto set = watched_signals();
  UniqueFd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) throw_errno("watch signals");
  return fd;
}

// Empties it; true when SIGTERM was among them. What else happened is asked of the kernel.
bool told_to_stop(const UniqueFd& events) {
  bool stop = false;
  signalfd_siginfo info{};
  while (::read(events.get(), &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGTERM) stop = true;
  }
  return stop;
}

std::string read_all(int fd) {
  std::string text;
  std::vector<char> buffer(kReadAtOnce);
  for (;;) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno("read a hook's job");
    if (n == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

// False when the reader is gone: then there is nobody to tell.
bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

int shell_status(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Runs the hook and gives its outcome; nothing of it is alive after run().
class Worker {
 public:
  Worker(const HookJob& job, pid_t guard) : job_(job), guard_(guard), buffer_(kReadAtOnce) {}

  HookOutcome run();
  bool abandoned() const noexcept { return abandoned_; }

 private:
  void supervise();
  void end_family();
  void wait_event(Deadline deadline);
  void reap();
  bool running() const noexcept { return hook_ > 0; }
  bool take_output();  // false when there is none just now

  const HookJob& job_;
  const pid_t guard_;
  HookFamily family_;
  UniqueFd events_ = signal_events();
  UniqueFd output_;
  HookOutput collected_;
  HookOutcome outcome_;
  pid_t hook_ = -1;         // -1 again once it ended
  bool stop_ = false;       // SIGTERM came
  bool abandoned_ = false;  // the guard or the reader of our stdout is gone
  std::vector<char> buffer_;
};

HookOutcome Worker::run() {
  const auto begin = std::chrono::steady_clock::now();
  // SIGHUP when the guard dies; it may have died before we could ask for that.
  if (::prctl(PR_SET_PDEATHSIG, SIGHUP, 0, 0, 0) != 0) throw_errno("watch the guard");
  if (::getppid() != guard_) abandoned_ = true;
  if (!abandoned_) {
    HookProcess process(job_);
    hook_ = process.pid();
    output_ = process.take_output();
    supervise();
    process.explain(outcome_);
  }
  for (int i = 0; i < kMostLeftOver && take_output();) ++i;
  outcome_.output = collected_.text();
  outcome_.omitted = collected_.omitted();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  outcome_.seconds = took.count();
  return outcome_;
}

void Worker::supervise() {
  const pid_t hook = hook_;
  const auto deadline = Deadline::in(job_.deadline);
  while (running() && !stop_ && !abandoned_ && !deadline.expired()) wait_event(deadline);
  outcome_.stopped = running() && stop_;
  outcome_.timed_out = running() && !stop_ && !abandoned_;
  end_family();
  if (outcome_.timed_out) outcome_.status = kHookTimedOut;
  outcome_.swept = static_cast<std::uint32_t>(family_.ended_beside(hook));
  outcome_.survived = static_cast<std::uint32_t>(family_.size());
}

// SIGTERM, the grace, SIGKILL; a hook that ended in order may have left processes, too.
void Worker::end_family() {
  const auto term = Deadline::in(job_.term_grace);
  while (family_.any() && !abandoned_ && !term.expired()) {
    family_.end_new();
    wait_event(Deadline::in(term.remaining(kAgain)));
  }
  const auto give_up = Deadline::in(kDies);
  while (family_.any() && !give_up.expired()) {
    family_.kill();
    wait_event(Deadline::in(kAgain));
  }
}

void Worker::wait_event(Deadline deadline) {
  std::array<pollfd, 3> fds{pollfd{events_.get(), POLLIN, 0}, pollfd{output_.get(), POLLIN, 0},
                            pollfd{abandoned_ ? -1 : STDOUT_FILENO, 0, 0}};
  const auto wait = static_cast<int>(deadline.remaining(kLongest).count());
  if (::poll(fds.data(), fds.size(), wait) < 0 && errno != EINTR) throw_errno("wait for a hook");
  if ((fds[2].revents & POLLERR) != 0 || ::getppid() != guard_) abandoned_ = true;
  if (fds[1].revents != 0) take_output();
  if (told_to_stop(events_)) stop_ = true;
  reap();
}

void Worker::reap() {
  for (const auto& [pid, status] : family_.reap()) {
    if (pid != hook_ || WIFSTOPPED(status)) continue;
    outcome_.status = shell_status(status);
    hook_ = -1;
  }
}

bool Worker::take_output() {
  if (!output_) return false;
  const ssize_t n = ::read(output_.get(), buffer_.data(), buffer_.size());
  if (n > 0) collected_.add({buffer_.data(), static_cast<std::size_t>(n)});
  if (n == 0) output_.reset();
  return n > 0;
}

// The worker's whole life after fork. It never returns into main: the guard is still there.
[[noreturn]] void work(const HookJob& job, pid_t guard) noexcept {
  HookOutcome outcome;
  bool abandoned = false;
  try {
    Worker worker(job, guard);
    outcome = worker.run();
    abandoned = worker.abandoned();
  } catch (const std::exception& error) {
    outcome.error = error.what();
  }
  try {
    if (!abandoned) abandoned = !write_all(STDOUT_FILENO, to_json(outcome) + "\n");
  } catch (const std::exception&) {
    abandoned = true;
  }
  ::_exit(abandoned ? kHookUnsupervised : 0);
}

// Passes SIGTERM on, wakes a worker that the hook has stopped, and ends what is left.
class Guard {
 public:
  Guard(pid_t worker, HookFamily& family) : worker_(worker), family_(family) {}

  int run(Deadline overdue);  // the worker's status

 private:
  void wait_event(Deadline deadline);

  pid_t worker_;  // -1 once it ended
  HookFamily& family_;
  UniqueFd events_ = signal_events();
  int status_ = kHookUnsupervised;
};

int Guard::run(Deadline overdue) {
  while (worker_ > 0 && !overdue.expired()) wait_event(overdue);
  const auto give_up = Deadline::in(kDies);
  while (family_.any() && !give_up.expired()) {
    family_.kill();
    wait_event(Deadline::in(kAgain));
  }
  return status_;
}

void Guard::wait_event(Deadline deadline) {
  pollfd fd{events_.get(), POLLIN, 0};
  ::poll(&fd, 1, static_cast<int>(deadline.remaining(kLongest).count()));
  if (told_to_stop(events_) && worker_ > 0) ::kill(worker_, SIGTERM);
  for (const auto& [pid, status] : family_.reap()) {
    if (pid != worker_) continue;
    if (WIFSTOPPED(status)) {
      ::kill(worker_, SIGCONT);
    } else {
      status_ = shell_status(status);
      worker_ = -1;
    }
  }
}

}  // namespace

int run_hook_supervisor() {
  const HookJob job = parse_hook_job(read_all(STDIN_FILENO));
  const auto watched = watched_signals();
  ::sigprocmask(SIG_BLOCK, &watched, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGCHLD, SIG_DFL);  // if ignored, the kernel would reap for us
  HookFamily family;
  const pid_t self = ::getpid();
  const pid_t worker = ::fork();
  if (worker < 0) throw_errno("start a hook's supervisor");
  if (worker == 0) work(job, self);
  Guard guard(worker, family);
  return guard.run(Deadline::in(job.deadline + job.term_grace + kDies + kOverdue));
}

}  // namespace roost::peer
