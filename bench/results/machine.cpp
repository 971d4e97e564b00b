#include "bench/results/machine.hpp"

#include <sys/utsname.h>

#include <fstream>
#include <libtorrent/version.hpp>
#include <thread>

namespace roost::bench {
namespace {

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";  // some architectures name none
}

std::string kernel() {
  utsname names{};
  if (::uname(&names) != 0) return "unknown";
  return std::string(names.sysname) + " " + names.release + " " + names.machine;
}

}  // namespace

Machine this_machine() {
  return {.cpu = cpu_model(),
          .cores = std::thread::hardware_concurrency(),
          .kernel = kernel(),
          .versions = {{"roost", ROOST_VERSION}, {"libtorrent", lt::version()}}};
}

}  // namespace roost::bench
