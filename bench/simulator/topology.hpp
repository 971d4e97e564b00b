// Hosts, their links, and who is connected with whom: as the tracker's hand-out says,
// by the tracker's own code.
//
// Host 0 seeds; 1 to N are nodes, all told of the release in one broadcast. Deterministic
// for a seed. Pure. Throws Error{usage} for what can't be simulated.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/simulator/event_queue.hpp"
#include "bench/simulator/simulate.hpp"

namespace roost::bench::simulator {

using HostId = std::uint32_t;
inline constexpr HostId kSeeder = 0;

struct Host {
  double up = 0;  // goodput, bytes a second
  double down = 0;
  unsigned zone = 0;
};

struct Connection {
  HostId dialler = 0;
  HostId other = 0;
};

struct Topology {
  std::vector<Host> hosts;
  std::vector<Connection> connections;
  Time near = 0;  // one way, between hosts of one zone
  Time far = 0;   // between zones
  unsigned zones = 1;
  double trunk = 0;  // of a zone, each way, bytes a second; 0: no limit
};

Topology make_topology(const SimulateOptions& options);

}  // namespace roost::bench::simulator
