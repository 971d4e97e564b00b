#include "bench/lab/shaping.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace roost::bench {
namespace {

constexpr std::uint64_t kFrame = 1514;  // a full Ethernet frame without its checksum
constexpr std::uint64_t kMaxPacket = 65536;
// What a small switch holds for a port. Less of it at slow rates lets a dozen flows starve
// each other: their windows are then a few packets, and each loss costs a time-out.
constexpr std::uint64_t kPortBuffer = std::uint64_t{256} << 10;

std::uint64_t bytes_in(std::uint64_t rate, std::uint64_t milliseconds) {
  return rate * milliseconds / 8000;
}

std::uint64_t bucket(std::uint64_t rate) {
  return std::max(bytes_in(rate, 10), 2 * kFrame);
}

std::uint64_t queue(std::uint64_t rate) {
  return std::max(8 * kFrame, std::clamp(kPortBuffer, bytes_in(rate, 100), bytes_in(rate, 400)));
}

// Never above the bucket, for the queue would cut such packets up, which costs more than to
// have built them small. A socket keeps two of them waiting: more than 2 ms each and the
// many connections of one host overflow its own queue; less costs CPU.
std::uint64_t packet(std::uint64_t rate) {
  if (rate == 0) return kMaxPacket;
  return std::min({std::max(bytes_in(rate, 2), 3 * kFrame), bucket(rate), kMaxPacket});
}

}  // namespace

std::string shape(const std::string& device, std::uint64_t rate, bool shaped_before) {
  std::string commands;
  if (shaped_before) commands = fmt::format("qdisc del dev {} root\n", device);
  if (rate == 0) return commands;
  return commands + fmt::format("qdisc add dev {} root tbf rate {}bit burst {}b limit {}b\n",
                                device, rate, bucket(rate), queue(rate));
}

std::string offload_limit(const std::string& device, std::uint64_t rate) {
  return fmt::format("link set dev {} gso_max_size {}\n", device, packet(rate));
}

}  // namespace roost::bench
