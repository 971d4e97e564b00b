#include "bench/lab/host_cpu.hpp"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "core/base/error.hpp"

namespace roost::bench {

HostCpu HostCpu::now() {
  std::ifstream file("/proc/stat");
  std::string label;
  // proc(5): guest time is part of user time already.
  std::uint64_t user = 0;
  std::uint64_t nice = 0;
  std::uint64_t system = 0;
  std::uint64_t idle = 0;
  std::uint64_t iowait = 0;
  std::uint64_t irq = 0;
  std::uint64_t softirq = 0;
  std::uint64_t steal = 0;
  file >> label >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
  if (!file) throw Error(Errc::failed, "read /proc/stat: no line of all cores");
  HostCpu result;
  result.busy_ = user + nice + system + irq + softirq + steal;
  result.all_ = result.busy_ + idle + iowait;
  return result;
}

double HostCpu::busy_since(const HostCpu& before) const {
  if (all_ <= before.all_ || busy_ < before.busy_) return 0;  // iowait may step back
  return static_cast<double>(busy_ - before.busy_) / static_cast<double>(all_ - before.all_);
}

std::optional<ProcessStat> process_stat(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text, '\0')) return std::nullopt;
  const auto name_end = text.rfind(')');  // the name may hold anything, brackets too
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  ProcessStat result;
  fields >> result.state;
  std::string skipped;
  for (int field = 4; field < 14; ++field) fields >> skipped;
  std::uint64_t ticks = 0;
  for (int field = 14; field < 18; ++field) {  // utime, stime, cutime, cstime
    std::uint64_t value = 0;
    fields >> value;
    ticks += value;
  }
  for (int field = 18; field < 22; ++field) fields >> skipped;
  fields >> result.start_time;
  if (!fields) return std::nullopt;
  result.cpu_s = static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return result;
}

}  // namespace roost::bench
