#include "bench/results/machine.hpp"

#include <sys/utsname.h>

#include <array>
#include <fstream>
#include <libtorrent/version.hpp>
#include <thread>

#include "core/base/error.hpp"
#include "core/base/process.hpp"

namespace roost::bench {
namespace {

struct Program {
  const char* name;
  std::array<const char*, 4> argv;  // of a command that prints its version
};

// Two of them have no option for it, so Debian's package is asked.
constexpr std::array kPrograms{
    Program{"aria2", {"aria2c", "--version"}},
    Program{"curl", {"curl", "--version"}},
    Program{"iproute2", {"ip", "-V"}},
    Program{"nginx", {"nginx", "-v"}},
    Program{"opentracker", {"dpkg-query", "-W", "-f=${Version}", "opentracker"}},
    Program{"rsync", {"rsync", "--version"}},
    Program{"tar", {"tar", "--version"}},
    Program{"udpcast", {"dpkg-query", "-W", "-f=${Version}", "udpcast"}},
    Program{"zstd", {"zstd", "--version"}},
};

std::string version_of(const Program& program) {
  ChildOptions options;
  for (const char* word : program.argv) {
    if (word != nullptr) options.argv.emplace_back(word);
  }
  try {
    const auto finished = run_child(options, Deadline::in(std::chrono::seconds(5)));
    if (options.argv[0] == "dpkg-query") return finished.exit.status == 0 ? finished.out : "";
    return version_in(finished.out + finished.err);  // nginx answers on stderr
  } catch (const Error&) {
    return {};  // not installed
  }
}

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";  // some architectures name none
}

}  // namespace

std::string version_in(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  for (auto at = text.find_first_of(kDigits); at != std::string_view::npos;) {
    auto end = text.find_first_not_of("0123456789.", at);
    if (end == std::string_view::npos) end = text.size();
    auto number = text.substr(at, end - at);
    while (number.ends_with('.')) number.remove_suffix(1);
    if (number.find('.') != std::string_view::npos) return std::string(number);
    at = text.find_first_of(kDigits, end);
  }
  return {};
}

Machine this_machine() {
  Machine machine;
  machine.cpu = cpu_model();
  machine.cores = std::thread::hardware_concurrency();
  utsname kernel{};
  if (::uname(&kernel) == 0) {
    machine.kernel = std::string(kernel.sysname) + " " + kernel.release + " " + kernel.machine;
  }
  machine.versions = {{"roost", ROOST_VERSION}, {"libtorrent", lt::version()}};
  for (const Program& program : kPrograms) {
    if (auto version = version_of(program); !version.empty()) {
      machine.versions.emplace(program.name, std::move(version));
    }
  }
  return machine;
}

}  // namespace roost::bench
