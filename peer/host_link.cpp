#include "peer/host_link.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace roost::peer {
namespace {

std::uint64_t growth(std::uint64_t before, std::uint64_t now) {
  return now > before ? now - before : 0;  // an interface was made anew
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

HostLink::HostLink() : file_(::open("/proc/self/net/dev", O_RDONLY | O_CLOEXEC)) {
  since_last_look();
}

HostBytes HostLink::since_last_look() {
  std::string text(16384, '\0');
  const auto got = ::pread(file_.get(), text.data(), text.size(), 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, got)));
  HostBytes most;
  auto now = parse_net_dev(text);
  for (const auto& [name, bytes] : now) {
    const auto before = last_.find(name);
    if (before == last_.end()) continue;
    most.in = std::max(most.in, growth(before->second.in, bytes.in));
    most.out = std::max(most.out, growth(before->second.out, bytes.out));
  }
  last_ = std::move(now);
  return most;
}

}  // namespace roost::peer
