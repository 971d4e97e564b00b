// Where changes lie: lengths that add up exactly, and places that don't touch.
//
// Follows from the generator's state alone. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/fanout/content.hpp"

namespace roost::bench {

inline constexpr std::uint64_t kLeastSpan = 64U << 10;
inline constexpr std::uint64_t kMostSpan = 256U << 10;

struct Span {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  std::uint64_t end() const noexcept { return offset + length; }
  bool operator==(const Span&) const = default;
};

// kLeastSpan to kMostSpan each, odd lengths among them, their sum being `total`, which is
// kLeastSpan or more.
std::vector<std::uint64_t> span_lengths(std::uint64_t total, Rng& rng);

// In order, at random places from 0 to `space`, which holds them all with a byte between.
std::vector<Span> scatter(const std::vector<std::uint64_t>& lengths, std::uint64_t space, Rng& rng);

}  // namespace roost::bench
