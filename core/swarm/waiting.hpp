// What a transfer has waited for, as integrals over time: the difference of two
// readings says what happened between them. Pure; the plug-in keeps one Occupancy
// each for what was asked of origins, of others, and of us.
#pragma once

#include <cstdint>

#include "core/base/deadline.hpp"

namespace roost::swarm {

// For how long some of a set of links were busy.
struct BusyTime {
  Monotonic::duration any{0};    // at least one was
  Monotonic::duration links{0};  // summed over the links
};

class Occupancy {
 public:
  void change(int links, Monotonic now);
  BusyTime until(Monotonic now) const;

 private:
  BusyTime past_;
  int busy_ = 0;
  Monotonic since_{};
};

// A reading of one transfer.
struct Waiting {
  BusyTime of_origins;   // something asked of an origin had not come
  BusyTime of_peers;     // of somebody else
  BusyTime of_us;        // somebody waited for what they had asked of us
  unsigned origins = 0;  // connected
  unsigned peers = 0;    // connected, origins not counted
  bool complete = false;
  bool lonely = false;          // no link, and never told of a neighbour
  bool tracker_silent = false;  // it was asked, and has not answered yet or not the last time
  std::uint64_t bytes_in = 0;   // payload
  std::uint64_t bytes_out = 0;
  int network_thread = 0;  // its id, of gettid(2); 0: not known yet
};

}  // namespace roost::swarm
