// The numbers that fix which bytes a tree becomes (docs/formats.md). Changing
// one changes tree digests: that needs a new format version. Private to core/release.
#pragma once

#include <cstdint>

namespace roost::release {

inline constexpr std::uint32_t kSmallestAverage = 32 * 1024;
inline constexpr std::uint32_t kLargestAverage = 2 * 1024 * 1024;
inline constexpr std::uint64_t kChunksAimed = 1U << 18;

// The average chunk length within large files of a tree with so many bytes, a power of two. It
// grows so that the chunk table stays small: about 260,000 chunks up to half a tebibyte.
constexpr std::uint32_t average_chunk(std::uint64_t tree_bytes) noexcept {
  std::uint32_t average = kSmallestAverage;
  while (average < kLargestAverage && tree_bytes > average * kChunksAimed) average *= 2;
  return average;
}

// Small files compress the better the more of them lie in one chunk; large ones don't gain, and
// short chunks keep their updates small.
constexpr std::uint32_t average_small_chunk(std::uint64_t tree_bytes) noexcept {
  return 2 * average_chunk(tree_bytes);
}

// Files of at least this size start and end on a cut and may have holes.
constexpr std::uint64_t large_file(std::uint64_t tree_bytes) noexcept {
  return average_small_chunk(tree_bytes);
}

// An aligned block of this length (or what is left at the file's end) is a hole when all zero.
constexpr std::uint32_t hole_block(std::uint64_t tree_bytes) noexcept {
  return average_small_chunk(tree_bytes);
}

}  // namespace roost::release
