// How many connected peers have each piece. Pure; one thread.
#pragma once

#include <cstdint>
#include <vector>

#include "core/swarm/transfer.hpp"

namespace roost::swarm {

class Availability {
 public:
  Availability() = default;
  explicit Availability(std::uint32_t pieces) : counts_(pieces, 0) {}

  // Peers whose field changes from one to the other; an empty field is all zeros.
  void replace(const Bitmap& before, const Bitmap& after);
  void add(std::uint32_t piece) { ++counts_[piece]; }

  std::uint32_t operator[](std::uint32_t piece) const { return counts_[piece]; }

  // Copies of the rarest piece, plus the share of the pieces with more than that.
  double copies() const;

  // Whether anybody has one of these pieces.
  bool offers(const Bitmap& pieces) const;

 private:
  std::vector<std::uint32_t> counts_;
};

}  // namespace roost::swarm
