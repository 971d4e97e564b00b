#include "peer/own_threads.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>

namespace roost::peer {
namespace {

constexpr const char* kTasks = "/proc/self/task";

std::optional<std::string> read_all(const UniqueFd& fd) {
  char text[1024];
  const auto got = ::pread(fd.get(), text, sizeof text, 0);
  if (got <= 0) return std::nullopt;  // the thread has ended
  return std::string(text, static_cast<std::size_t>(got));
}

// Nanoseconds on a CPU and in line for one.
double busy_of(const std::string& schedstat) {
  double ran = 0;
  double waited = 0;
  return std::sscanf(schedstat.c_str(), "%lf %lf", &ran, &waited) == 2 ? ran + waited : 0;
}

}  // namespace

void OwnThreads::find_new() {
  std::error_code error;
  const std::filesystem::directory_iterator end;
  for (std::filesystem::directory_iterator it(kTasks, error); !error && it != end;
       it.increment(error)) {
    const auto& task = it->path();
    const int id = std::atoi(task.filename().c_str());
    if (threads_.contains(id)) continue;
    const auto open = [&](const char* name) {
      return UniqueFd(::open((task / name).c_str(), O_RDONLY | O_CLOEXEC));
    };
    Thread thread{open("schedstat"), open("stat"), {}, 0, false, false};
    if (thread.schedstat && thread.stat) threads_.emplace(id, std::move(thread));
  }
}

std::map<int, ThreadUse> OwnThreads::look(Monotonic now) {
  const double passed = std::chrono::duration<double, std::nano>(now - last_).count();
  last_ = now;
  find_new();
  std::map<int, ThreadUse> uses;
  for (auto it = threads_.begin(); it != threads_.end();) {
    auto& [id, thread] = *it;
    const auto times = read_all(thread.schedstat);
    const auto stat = read_all(thread.stat);
    const auto name_end = stat ? stat->rfind(')') : std::string::npos;
    if (!times || name_end == std::string::npos || name_end + 2 >= stat->size()) {
      it = threads_.erase(it);
      continue;
    }
    const double busy_ns = busy_of(*times);
    const bool blocked = (*stat)[name_end + 2] == 'D';
    if (thread.seen) {
      uses[id] = {thread.name, (busy_ns - thread.busy_ns) / passed, blocked && thread.blocked};
    } else {
      const auto begin = stat->find('(') + 1;
      thread.name = stat->substr(begin, name_end - begin);
    }
    thread.busy_ns = busy_ns;
    thread.blocked = blocked;
    thread.seen = true;
    ++it;
  }
  return uses;
}

}  // namespace roost::peer
