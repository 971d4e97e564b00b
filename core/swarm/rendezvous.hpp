// Who of several does a piece of work, without their talking about it: each weighs
// all candidates by a hash of candidate and piece, and the heaviest does it (Thaler and
// Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998). Pure.
#pragma once

#include <cstdint>

namespace roost::swarm {

// SplitMix64's finaliser (Steele, Lea and Flood 2014) over both.
inline std::uint64_t rendezvous_weight(std::uint64_t candidate, std::uint32_t piece) noexcept {
  std::uint64_t x = candidate ^ piece * 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace roost::swarm
