#include "bench/lab/namespaces.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <exception>
#include <filesystem>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/deadline.hpp"
#include "core/base/error.hpp"
#include "core/base/fd.hpp"
#include "core/base/process.hpp"

namespace roost::bench {
namespace {

constexpr std::string_view kDirectory = "/run/netns";
constexpr std::chrono::seconds kBatchLimit{30};
constexpr std::chrono::milliseconds kEndLimit{5000};

using Identity = std::pair<dev_t, ino_t>;

std::optional<Identity> identity(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return Identity{status.st_dev, status.st_ino};
}

// SIGKILL, and until they have ended: what they hold is to be removed next.
void end_all(const std::vector<UniqueFd>& processes) {
  for (const auto& process : processes) {
    ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0U);
  }
  const auto deadline = Deadline::in(kEndLimit);
  for (const auto& process : processes) {
    pollfd ended{process.get(), POLLIN, 0};
    ::poll(&ended, 1, static_cast<int>(deadline.remaining(kEndLimit).count()));
  }
}

void kill_inside(const std::vector<std::string>& names) {
  std::set<Identity> ours;
  for (const auto& name : names) {
    if (const auto id = identity(namespace_path(name))) ours.insert(*id);
  }
  std::vector<UniqueFd> processes;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string text = entry.path().filename();
    pid_t pid = 0;
    const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (bad != std::errc{} || end != text.data() + text.size() || pid == ::getpid()) continue;
    UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));  // before it is judged
    const auto id = identity(entry.path().string() + "/ns/net");
    if (process && id && ours.contains(*id)) processes.push_back(std::move(process));
  }
  end_all(processes);
}

}  // namespace

std::string namespace_path(const std::string& name) {
  return std::string(kDirectory) + "/" + name;
}

void add_namespaces(const std::vector<std::string>& names) {
  std::string commands;
  for (const auto& name : names) commands += "netns add " + name + "\n";
  run_batch("ip", commands);
}

std::vector<std::string> namespaces_with(std::string_view prefix) noexcept {
  std::vector<std::string> result;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(kDirectory, ignored)) {
    std::string name = entry.path().filename();
    if (name.starts_with(prefix)) result.push_back(std::move(name));
  }
  return result;
}

void remove_namespaces(const std::vector<std::string>& names) noexcept {
  kill_inside(names);
  for (const auto& name : names) {
    const std::string path = namespace_path(name);
    ::umount2(path.c_str(), MNT_DETACH);
    ::unlink(path.c_str());
  }
}

void in_namespace(const std::string& name, const std::function<void()>& work) {
  std::exception_ptr failure;
  std::thread([&] {
    try {
      const UniqueFd place(::open(namespace_path(name).c_str(), O_RDONLY | O_CLOEXEC));
      if (!place || ::setns(place.get(), CLONE_NEWNET) != 0) throw_errno("enter " + name);
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

void run_batch(const std::string& program, const std::string& commands) {
  if (commands.empty()) return;
  const auto finished = run_child({.argv = {program, "-batch", "-"},
                                   .env = {},
                                   .unset_env = {},
                                   .directory = {},
                                   .stdout_file = {},
                                   .stderr_file = {},
                                   .input = commands,
                                   .own_group = true},
                                  Deadline::in(kBatchLimit));
  if (finished.exit.status == 0) return;
  throw Error(Errc::failed, "set up a lab's network: " + program + ": " + finished.err);
}

}  // namespace roost::bench
