// The numbers that fix which bytes a tree becomes (docs/formats.md). Changing
// one changes tree digests: that needs a new format version. Private to core/release.
#pragma once

#include <cstdint>

namespace roost::release {

inline constexpr std::uint32_t kSmallestAverage = 64 * 1024;
inline constexpr std::uint32_t kLargestAverage = 4 * 1024 * 1024;
inline constexpr std::uint64_t kChunksAimed = 1U << 18;

// The average chunk length of a tree with so many bytes, a power of two. It grows so that
// the chunk table stays small: at most about 260,000 chunks up to a tebibyte.
constexpr std::uint32_t average_chunk(std::uint64_t tree_bytes) noexcept {
  std::uint32_t average = kSmallestAverage;
  while (average < kLargestAverage && tree_bytes > average * kChunksAimed) average *= 2;
  return average;
}

// Files of at least this size start and end on a cut and may have holes.
constexpr std::uint64_t large_file(std::uint64_t tree_bytes) noexcept {
  return average_chunk(tree_bytes);
}

// An aligned block of this length (or what is left at the file's end) is a hole when all zero.
constexpr std::uint32_t hole_block(std::uint64_t tree_bytes) noexcept {
  return average_chunk(tree_bytes);
}

}  // namespace roost::release
