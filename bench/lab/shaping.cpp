#include "bench/lab/shaping.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace roost::bench {
namespace {

constexpr std::uint64_t kFrame = 1514;  // a full Ethernet frame without its checksum
constexpr std::uint64_t kMaxPacket = 65536;

std::uint64_t bytes_in(std::uint64_t rate, std::uint64_t milliseconds) {
  return rate / 8 * milliseconds / 1000;
}

}  // namespace

std::string shape(const std::string& device, std::uint64_t rate, bool shaped_before) {
  std::string commands;
  if (shaped_before) commands = fmt::format("qdisc del dev {} root\n", device);
  if (rate == 0) return commands;
  const std::uint64_t burst = std::max(bytes_in(rate, 10), 2 * kFrame);
  const std::uint64_t queue = std::max(bytes_in(rate, 100), kMaxPacket);
  return commands + fmt::format("qdisc add dev {} root tbf rate {}bit burst {}b limit {}b\n",
                                device, rate, burst, queue);
}

std::string offload_limit(const std::string& device, std::uint64_t rate) {
  const std::uint64_t size =
      rate == 0 ? kMaxPacket : std::clamp(bytes_in(rate, 5), 2 * kFrame, kMaxPacket);
  return fmt::format("link set dev {} gso_max_size {}\n", device, size);
}

}  // namespace roost::bench
