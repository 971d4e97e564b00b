// Which peers a node is told to dial.
//
// Pure policy over indices and counts; the caller maps them to addresses. When
// a release is broadcast to N nodes they form one random connected graph whose
// every edge is dialled by exactly one of its ends, so that nobody connects
// twice: a full mesh while N is small, else every node has about
// max(10, 3 ln N) neighbours.
#pragma once

#include <cstdint>
#include <vector>

#include "tracker/swarm_table.hpp"

namespace roost::tracker {

inline constexpr std::size_t kFullMesh = 16;

// How many neighbours a node of N has.
std::size_t handout_degree(std::size_t nodes) noexcept;

// The broadcast's graph. Nodes are placed on a ring in random order; each dials
// those at a few random distances ahead, distance 1 always among them (that
// keeps the graph connected). Cayley graphs of random distances are expanders
// once there are O(log N) of them (Alon and Roichman 1994). Every node has the
// same degree, and O(N) memory serves any N.
class Graph {
 public:
  Graph(std::size_t nodes, Rng& rng);

  std::vector<std::uint32_t> dials(std::uint32_t node) const;
  std::size_t degree() const noexcept { return degree_; }

 private:
  std::vector<std::uint32_t> ring_;       // position -> node
  std::vector<std::uint32_t> position_;   // node -> position
  std::vector<std::uint32_t> distances_;  // ahead on the ring, 1 .. (N-1)/2
  bool opposite_ = false;  // full mesh of an even N: half the nodes dial the one across
  std::size_t degree_ = 0;
};

// Up to count of [0, size), uniformly at random, in random order (Floyd, then shuffled).
std::vector<std::uint32_t> choose(std::size_t size, std::size_t count, Rng& rng);

}  // namespace roost::tracker
