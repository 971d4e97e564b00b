#include "core/base/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string_view>
#include <thread>

#include "core/base/error.hpp"
#include "core/base/fd.hpp"
#include "core/base/guarded.hpp"

namespace roost {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPollCap{60'000};
// How long output may trail behind the exit of the process that wrote it.
constexpr milliseconds kTrailing{1000};

Guarded<std::set<pid_t>>& living() {
  static Guarded<std::set<pid_t>> pids;
  return pids;
}

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("make a pipe");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

UniqueFd open_input(const std::optional<std::string>& input) {
  if (!input) {
    UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!null) throw_errno("open /dev/null");
    return null;
  }
  UniqueFd file(::memfd_create("roost-stdin", MFD_CLOEXEC));  // never blocks, no SIGPIPE
  if (!file) throw_errno("make a memory file");
  std::string_view left = *input;
  while (!left.empty()) {
    const ssize_t n = ::write(file.get(), left.data(), left.size());
    if (n < 0) throw_errno("write a memory file");
    left.remove_prefix(static_cast<std::size_t>(n));
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

UniqueFd open_log(const std::filesystem::path& path) {
  UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!file) throw_errno("open " + path.string());
  return file;
}

double seconds(const timeval& time) noexcept {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::vector<std::string> make_environment(const ChildOptions& options) {
  std::vector<std::string> result;
  const auto replaced = [&](std::string_view name) {
    return std::ranges::any_of(options.env, [&](const auto& v) { return v.first == name; }) ||
           std::ranges::find(options.unset_env, name) != options.unset_env.end();
  };
  for (char** item = environ; *item != nullptr; ++item) {
    const std::string_view text = *item;
    if (!replaced(text.substr(0, text.find('=')))) result.emplace_back(text);
  }
  for (const auto& [name, value] : options.env) {
    result.push_back(name);
    result.back().append("=").append(value);
  }
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// What posix_spawn takes, freed at the end of the scope.
struct SpawnPlan {
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  // Our mask blocks the stop signals (SignalStop) and our SIGPIPE may be ignored: a child
  // starts with neither.
  void reset_signals(bool own_group) {
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    sigset_t usual;
    sigemptyset(&usual);
    for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGHUP}) sigaddset(&usual, number);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (own_group) {
      posix_spawnattr_setpgroup(&attributes, 0);
      flags |= POSIX_SPAWN_SETPGROUP;
    }
    posix_spawnattr_setflags(&attributes, static_cast<short>(flags));
  }

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

}  // namespace

struct Child::Impl {
  struct Collected {
    std::array<std::string, 2> text;
    int open = 0;  // pipes that have not ended
  };

  pid_t pid = -1;
  UniqueFd process;                // pidfd, pidfd_open(2)
  std::optional<ChildExit> ended;  // set once reaped
  double cpu = 0;                  // likewise
  std::array<UniqueFd, 2> pipes;
  UniqueFd quit;
  mutable std::mutex mutex;
  std::condition_variable changed;
  Collected collected;  // under mutex
  std::thread collector;

  explicit Impl(const ChildOptions& options);
  ~Impl();

  void collect();
  void take(std::size_t which);
  bool reap();
  void kill() noexcept;
  void await_output_end();
};

Child::Impl::Impl(const ChildOptions& options) {
  if (options.argv.empty()) throw Error(Errc::usage, "start a program: no name given");
  SpawnPlan plan;
  plan.reset_signals(options.own_group);
  std::vector<UniqueFd> ours;
  ours.push_back(open_input(options.input));
  posix_spawn_file_actions_adddup2(&plan.actions, ours.back().get(), STDIN_FILENO);
  const std::array files{&options.stdout_file, &options.stderr_file};
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i]->empty()) {
      Pipe pipe = make_pipe();
      pipes[i] = std::move(pipe.read);
      ours.push_back(std::move(pipe.write));
      ++collected.open;
    } else {
      ours.push_back(open_log(*files[i]));
    }
    posix_spawn_file_actions_adddup2(&plan.actions, ours.back().get(), static_cast<int>(i) + 1);
  }
  if (!options.directory.empty()) {
    posix_spawn_file_actions_addchdir_np(&plan.actions, options.directory.c_str());
  }
  quit.reset(::eventfd(0, EFD_CLOEXEC));
  if (!quit) throw_errno("make an event");
  auto arguments = options.argv;
  auto environment = make_environment(options);
  const int code = living().with([&](std::set<pid_t>& pids) {
    const int failed =
        ::posix_spawnp(&pid, options.argv.front().c_str(), &plan.actions, &plan.attributes,
                       pointers(arguments).data(), pointers(environment).data());
    if (failed == 0) pids.insert(pid);
    return failed;
  });
  if (code != 0) throw_errno(code, "start " + options.argv.front());
  // glibc 2.36 declares pidfd_open without extern "C".
  process.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  collector = std::thread([this] { collect(); });
}

Child::Impl::~Impl() {
  kill();
  ::eventfd_write(quit.get(), 1);
  collector.join();
}

void Child::Impl::collect() {
  for (;;) {
    std::array<pollfd, 3> fds{pollfd{quit.get(), POLLIN, 0}, pollfd{pipes[0].get(), POLLIN, 0},
                              pollfd{pipes[1].get(), POLLIN, 0}};  // poll skips negative ones
    if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return;
    if (fds[0].revents != 0) return;
    for (std::size_t i = 0; i < pipes.size(); ++i) {
      if (pipes[i] && fds[i + 1].revents != 0) take(i);
    }
  }
}

void Child::Impl::take(std::size_t which) {
  std::array<char, 16384> buffer;  // NOLINT: read fills it
  const ssize_t n = ::read(pipes[which].get(), buffer.data(), buffer.size());
  if (n < 0 && errno == EINTR) return;
  const std::lock_guard lock(mutex);
  if (n > 0) {
    collected.text[which].append(buffer.data(), static_cast<std::size_t>(n));
  } else {
    pipes[which].reset();
    --collected.open;
  }
  changed.notify_all();
}

bool Child::Impl::reap() {
  return living().with([&](std::set<pid_t>& pids) {
    int status = 0;
    rusage usage{};
    const pid_t got = ::wait4(pid, &status, WNOHANG, &usage);
    if (got == 0) return false;
    if (got < 0) {
      if (errno != ECHILD) return false;
      ended = ChildExit{1, 0};  // somebody else reaped it: its status is lost
    } else if (WIFEXITED(status)) {
      ended = ChildExit{WEXITSTATUS(status), 0};
    } else {
      ended = ChildExit{128 + WTERMSIG(status), WTERMSIG(status)};
    }
    cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    pids.erase(pid);
    return true;
  });
}

void Child::Impl::kill() noexcept {
  while (!ended) {
    ::kill(pid, SIGKILL);
    pollfd fd{process.get(), POLLIN, 0};
    ::poll(&fd, 1, 100);
    reap();
  }
}

void Child::Impl::await_output_end() {
  std::unique_lock lock(mutex);
  changed.wait_for(lock, kTrailing, [&] { return collected.open == 0; });
}

Child::Child(const ChildOptions& options) : impl_(std::make_unique<Impl>(options)) {}
Child::Child(Child&&) noexcept = default;
Child& Child::operator=(Child&&) noexcept = default;
Child::~Child() = default;

pid_t Child::pid() const noexcept {
  return impl_->pid;
}

std::optional<ChildExit> Child::wait(Deadline deadline) {
  while (!impl_->ended) {
    if (impl_->reap()) {
      impl_->await_output_end();
      break;
    }
    if (deadline.expired()) break;
    pollfd fd{impl_->process.get(), POLLIN, 0};
    ::poll(&fd, 1, static_cast<int>(deadline.remaining(kPollCap).count()));
  }
  return impl_->ended;
}

double Child::cpu_seconds() const noexcept {
  return impl_->cpu;
}

void Child::signal(int number) noexcept {
  living().with([&](const std::set<pid_t>& pids) {
    if (pids.contains(impl_->pid)) ::kill(impl_->pid, number);
  });
}

void Child::kill() noexcept {
  impl_->kill();
}

std::string Child::out() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->collected.text[0];
}

std::string Child::err() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->collected.text[1];
}

bool Child::wait_output(
    Deadline deadline,
    const std::function<bool(const std::string& out, const std::string& err)>& enough) {
  std::unique_lock lock(impl_->mutex);
  const auto& state = impl_->collected;
  for (;;) {
    if (enough(state.text[0], state.text[1])) return true;
    if (state.open == 0 || deadline.expired()) return false;
    impl_->changed.wait_for(lock, deadline.remaining(kPollCap));
  }
}

void Child::kill_all() noexcept {
  living().with([](const std::set<pid_t>& pids) {
    for (const pid_t pid : pids) ::kill(pid, SIGKILL);
  });
}

Finished run_child(const ChildOptions& options, Deadline deadline) {
  const std::string name = options.argv.empty() ? "" : options.argv.front();
  Child child(options);
  const auto exit = child.wait(deadline);
  if (!exit) throw Error(Errc::deadline, "run " + name + ": not finished in time");
  return {*exit, child.out(), child.err()};
}

}  // namespace roost
