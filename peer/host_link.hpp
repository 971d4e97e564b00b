// How much this machine's busiest network interface carries, by /proc/net/dev.
//
// The interface and not our sockets: what fills a link need not be ours, and the kernel
// counts when a packet arrives, however late this process gets to read it. The loopback
// interface counts as none. Of bonds, bridges and their members the busiest counts once.
// One thread; nothing where there is no interface.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/deadline.hpp"
#include "core/base/fd.hpp"

namespace roost::peer {

struct HostBytes {
  std::uint64_t in = 0;
  std::uint64_t out = 0;
};

struct HostTraffic {
  double in = 0;  // bytes, since the first look
  double out = 0;
  double best_in = 0;  // bytes a second, between any two looks
  double best_out = 0;
};

// By interface, the loopback left out. Lines that it can't read are passed over.
std::map<std::string, HostBytes> parse_net_dev(std::string_view text);

class HostLink {
 public:
  HostLink();
  const HostTraffic& look();  // of the interface that received, or sent, the most

 private:
  struct Reading {
    Monotonic when;
    std::map<std::string, HostBytes> interfaces;
  };

  Reading read() const;

  UniqueFd file_;
  Reading last_;
  HostTraffic traffic_;
};

}  // namespace roost::peer
