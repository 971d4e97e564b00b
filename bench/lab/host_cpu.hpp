// How much of this machine's cores is in use, and what a process has cost.
//
// From /proc/stat and /proc/PID/stat, so to a tick (10 ms); what a Child cost in all is
// Child::cpu_seconds. Work that the kernel does for the network in interrupts counts in
// busy shares only. Any thread. Throws Error when /proc can't be read.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace roost::bench {

class HostCpu {
 public:
  static HostCpu now();

  // Share of all cores in use since `before`, 0 to 1; what a hypervisor took away
  // (steal) counts as in use. 0 when no tick lies between.
  double busy_since(const HostCpu& before) const;

 private:
  std::uint64_t busy_ = 0;
  std::uint64_t all_ = 0;
};

struct ProcessStat {
  char state = 0;                // as ps shows it; Z and X: ended
  std::uint64_t start_time = 0;  // in ticks since boot; with the pid it names a process for good
  double cpu_s = 0;              // user and system, its reaped children's included
};

// Nothing when there is no such process.
std::optional<ProcessStat> process_stat(pid_t pid);

}  // namespace roost::bench
