#include <sched.h>
#include <unistd.h>

#include <thread>

#include "bench/lab/lab.hpp"
#include "bench/lab/namespaces.hpp"
#include "bench/lab/shaping.hpp"
#include "core/base/error.hpp"

namespace roost::bench {
namespace {

bool in_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  for (std::string_view rest = path == nullptr ? "" : path; !rest.empty();) {
    const auto end = rest.find(':');
    const std::string file = std::string(rest.substr(0, end)) + "/" + program;
    if (::access(file.c_str(), X_OK) == 0) return true;
    rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
  }
  return false;
}

// Tried out where nothing can stay: in a namespace without a name, that ends with its thread.
std::string try_links() {
  std::string problem;
  std::thread([&] {
    if (::unshare(CLONE_NEWNET) != 0) {
      problem = "not allowed to make a network namespace";
      return;
    }
    try {
      run_batch("ip",
                "link add br0 type bridge mcast_snooping 0\n"
                "link add name port0 type veth peer name port1\n"
                "link set port0 master br0\n" +
                    offload_limit("port0", 1'000'000));
      run_batch("tc", shape("port0", 1'000'000, false));
    } catch (const Error& error) {
      problem = error.what();
    }
  }).join();
  return problem;
}

}  // namespace

std::string lab_problem() {
  if (::geteuid() != 0) return "not root";
  for (const char* program : {"ip", "tc", "nsenter"}) {
    if (!in_path(program)) return "no '" + std::string(program) + "' command";
  }
  return try_links();
}

}  // namespace roost::bench
