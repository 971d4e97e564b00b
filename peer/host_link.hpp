// How many bytes this machine's busiest network interface has carried, by /proc/net/dev.
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

#include "core/base/fd.hpp"

namespace roost::peer {

struct HostBytes {
  std::uint64_t in = 0;
  std::uint64_t out = 0;
};

// By interface, the loopback left out. Lines that it can't read are passed over.
std::map<std::string, HostBytes> parse_net_dev(std::string_view text);

class HostLink {
 public:
  HostLink();
  HostBytes since_last_look();  // of the interface that received, or sent, the most

 private:
  UniqueFd file_;
  std::map<std::string, HostBytes> last_;
};

}  // namespace roost::peer
