// Why nothing arrives, in words for a person. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "core/swarm/shared_state.hpp"

namespace roost::swarm {

struct StallFacts {
  bool flowing = false;  // a block came lately
  int known_peers = 0;   // addresses
  int connecting = 0;    // dialled, not yet answered
};

// Empty when data flows, or when nothing is missing.
std::string stall_reason(const Progress& progress, const StallFacts& facts);

}  // namespace roost::swarm
