// What a result was measured on.
#include <sys/utsname.h>

#include <fstream>
#include <thread>

#include "bench/fanout/fanout.hpp"
#include "bench/fanout/method.hpp"

namespace roost::bench {
namespace {

// "model name	: ..." of /proc/cpuinfo; another architecture may not have it.
std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    const auto at = line.find(": ");
    return at == std::string::npos ? line : line.substr(at + 2);
  }
  return "unknown";
}

}  // namespace

Machine describe_machine(const std::vector<std::string>& methods) {
  Machine machine;
  machine.cpu = processor();
  machine.cores = std::thread::hardware_concurrency();
  utsname names{};
  if (::uname(&names) == 0) machine.kernel = std::string(names.sysname) + " " + names.release;
  for (const auto& name : methods) {
    const auto& method = find_method(name);
    if (method.missing().empty()) machine.versions[name] = method.version();
  }
  machine.versions["roost"] = "roost " ROOST_VERSION;
  return machine;
}

}  // namespace roost::bench
