// What those who write a file of patches and those who read it share (docs/formats.md).
// Private to core/release.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/fs.hpp"
#include "core/release/parallel.hpp"

namespace roost::release {

inline constexpr std::string_view kPatchesMagic = "ROOSTPAT";
inline constexpr std::uint32_t kPatchesFormat = 1;
inline constexpr std::size_t kPatchesHeader = 8 + 3 * 4;
inline constexpr std::size_t kMaxPatchTable = std::size_t{1} << 22;
inline constexpr std::size_t kOldKeyBytes = 8;  // of an old chunk's digest in the table
// Kept whatever it saves, since what no patch makes is fetched by blocks of 16 KiB. So a frame
// may be by so much longer than what it makes.
inline constexpr std::uint64_t kShortPatch = 1024;

// As many threads as work in 96 MiB, when each needs up to so many bytes.
inline unsigned threads_within(std::uint64_t bytes_each, std::size_t work) {
  constexpr std::uint64_t kMemory = 96U << 20;
  const auto fit = std::max<std::uint64_t>(1, kMemory / std::max<std::uint64_t>(bytes_each, 1));
  return threads_for(std::min<std::uint64_t>(fit, work));
}

// Reads a chunk from an image and decompresses it; false when it can't be had. `stored` is room
// to read in. What was read is not checked.
bool read_raw(Fs& fs, int file, std::uint64_t offset, std::uint32_t stored_length,
              std::span<std::uint8_t> raw, Bytes& stored);

}  // namespace roost::release
