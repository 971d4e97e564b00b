#include "bench/fanout/job.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace roost::bench {
namespace {

namespace fs = std::filesystem;

ChildOptions in_group(ChildOptions options) {
  options.own_group = true;
  return options;
}

// Fields of /proc/PID/stat after the name, which may hold anything: proc(5), field 3 first.
std::vector<std::string> stat_fields(const fs::path& process) {
  std::ifstream file(process / "stat");
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream rest(text.substr(name_end + 1));
  return {std::istream_iterator<std::string>(rest), {}};
}

constexpr std::size_t kGroup = 2;   // pgrp
constexpr std::size_t kTimes = 11;  // utime, stime, cutime, cstime

}  // namespace

GroupCpu cpu_by_group() {
  GroupCpu result;
  const auto ticks_a_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  std::error_code ignored;  // processes come and go
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto fields = stat_fields(entry.path());
    if (fields.size() < kTimes + 4) continue;
    double ticks = 0;
    for (std::size_t i = 0; i < 4; ++i) ticks += std::stod(fields[kTimes + i]);
    result[static_cast<pid_t>(std::stol(fields[kGroup]))] += ticks / ticks_a_second;
  }
  return result;
}

bool listens(pid_t process, std::uint16_t port) {
  const auto local = fmt::format(":{:04X}", port);
  for (const char* table : {"tcp", "tcp6"}) {
    std::ifstream file(fmt::format("/proc/{}/net/{}", process, table));
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      std::string slot, address, remote, state;
      words >> slot >> address >> remote >> state;
      if (state == "0A" && address.ends_with(local)) return true;  // TCP_LISTEN
    }
  }
  return false;
}

fs::path roost_program() {
  return fs::read_symlink("/proc/self/exe");
}

std::string shell_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

Job::Job(ChildOptions options) : child_(std::make_unique<Child>(in_group(std::move(options)))) {}

Job::~Job() {
  if (child_) kill();
}

bool Job::said(std::string_view line) const {
  const auto out = "\n" + child_->out();
  return out.find(fmt::format("\n{}\n", line)) != std::string::npos;
}

double Job::total_cpu(const GroupCpu& living) const {
  const auto found = living.find(pid());
  return child_->cpu_seconds() + (found == living.end() ? 0 : found->second);
}

double Job::cpu_seconds(const GroupCpu& living) const {
  return total_cpu(living) - cpu_before_;
}

void Job::start_clock(const GroupCpu& living) {
  cpu_before_ = total_cpu(living);
}

void Job::end(std::chrono::milliseconds grace) {
  if (child_->running()) ::kill(-pid(), SIGTERM);
  // The first process may leave before the others do: only its death frees the group's number.
  const auto deadline = Deadline::in(grace);
  while (!deadline.expired() && child_->running()) child_->wait(deadline);
  kill();
}

void Job::kill() noexcept {
  // Once the first process is reaped another group may have its number.
  if (child_->running()) ::kill(-pid(), SIGKILL);
  child_->kill();
}

}  // namespace roost::bench
