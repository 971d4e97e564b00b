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
constexpr std::chrono::seconds kListing{1};  // threads are made seldom, and stay

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

// "12 (name) D ...": the name may hold anything, brackets too.
std::string name_of(const UniqueFd& stat) {
  const auto text = read_all(stat).value_or("");
  const auto begin = text.find('(');
  const auto end = text.rfind(')');
  return begin < end && end != std::string::npos ? text.substr(begin + 1, end - begin - 1) : "";
}

bool sleeps_deeply(const UniqueFd& stat) {
  const auto text = read_all(stat).value_or("");
  const auto end = text.rfind(')');
  return end != std::string::npos && end + 2 < text.size() && text[end + 2] == 'D';
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
  if (now - listed_ >= kListing) {
    listed_ = now;
    find_new();
  }
  std::map<int, ThreadUse> uses;
  for (auto it = threads_.begin(); it != threads_.end();) {
    auto& [id, thread] = *it;
    const auto times = read_all(thread.schedstat);
    if (!times) {
      it = threads_.erase(it);
      continue;
    }
    const double busy_ns = busy_of(*times);
    if (thread.seen) {
      uses[id] = {thread.name, (busy_ns - thread.busy_ns) / passed};
    } else {
      thread.name = name_of(thread.stat);
    }
    thread.busy_ns = busy_ns;
    thread.seen = true;
    ++it;
  }
  return uses;
}

bool OwnThreads::blocked(int id) {
  const auto it = threads_.find(id);
  if (it == threads_.end()) return false;
  const bool before = it->second.blocked;
  it->second.blocked = sleeps_deeply(it->second.stat);
  return before && it->second.blocked;
}

}  // namespace roost::peer
