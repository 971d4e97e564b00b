#include "peer/host_link.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace roost::peer {
namespace {

constexpr double kLeastSpan = 0.05;  // seconds; within less a few packets make any rate

double growth(std::uint64_t before, std::uint64_t now) {
  return now > before ? static_cast<double>(now - before) : 0;  // an interface was made anew
}

}  // namespace

std::map<std::string, HostBytes> parse_net_dev(std::string_view text) {
  constexpr std::size_t kSent = 8;  // after eight columns of what was received
  std::map<std::string, HostBytes> interfaces;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    const auto name = line.substr(line.find_first_not_of(' '), colon - line.find_first_not_of(' '));
    std::istringstream columns(line.substr(colon + 1));
    std::array<std::uint64_t, kSent + 1> values{};
    for (auto& value : values) columns >> value;
    if (columns && name != "lo") interfaces[name] = {values[0], values[kSent]};
  }
  return interfaces;
}

HostLink::HostLink() : file_(::open("/proc/self/net/dev", O_RDONLY | O_CLOEXEC)), last_(read()) {}

// Whoever is put off between the clock and the counters sees a rate that never was.
HostLink::Reading HostLink::read() const {
  constexpr int kTries = 5;
  Reading reading;
  std::string text(16384, '\0');
  for (int i = 0; i < kTries; ++i) {
    reading.when = std::chrono::steady_clock::now();
    const auto got = ::pread(file_.get(), text.data(), text.size(), 0);
    if (got < 0) return reading;
    const auto took = std::chrono::steady_clock::now() - reading.when;
    reading.interfaces =
        parse_net_dev(std::string_view(text).substr(0, static_cast<std::size_t>(got)));
    if (took < std::chrono::milliseconds(1)) break;
  }
  return reading;
}

const HostTraffic& HostLink::look() {
  auto now = read();
  const double seconds = std::chrono::duration<double>(now.when - last_.when).count();
  double in = 0;
  double out = 0;
  for (const auto& [name, bytes] : now.interfaces) {
    const auto before = last_.interfaces.find(name);
    if (before == last_.interfaces.end()) continue;
    in = std::max(in, growth(before->second.in, bytes.in));
    out = std::max(out, growth(before->second.out, bytes.out));
  }
  traffic_.in += in;
  traffic_.out += out;
  if (seconds >= kLeastSpan) {
    traffic_.best_in = std::max(traffic_.best_in, in / seconds);
    traffic_.best_out = std::max(traffic_.best_out, out / seconds);
  }
  last_ = std::move(now);
  return traffic_;
}

}  // namespace roost::peer
