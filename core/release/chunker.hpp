// Content-defined cuts: FastCDC with normalised chunking (Xia et al., USENIX ATC
// 2016), so that an insertion moves only the cuts beside it. Which bytes give which
// cuts is part of the format (docs/formats.md). Pure. Private to core/release.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/bytes.hpp"

namespace roost::release {

struct ChunkSizes {
  std::uint32_t min;
  std::uint32_t average;  // a power of two
  std::uint32_t max;

  static constexpr ChunkSizes around(std::uint32_t average) noexcept {
    return {average / 4, average, average * 4};
  }

  // From here on a cut is likely: so that the lengths' mean comes near the average.
  constexpr std::uint32_t middle() const noexcept { return average - min - min / 2; }
};

// The length of the chunk at the start of `bytes`: between min and max, or all of them if they
// are fewer. The answer stands for a longer input too once bytes.size() >= max.
std::size_t next_cut(BytesView bytes, const ChunkSizes& sizes) noexcept;

}  // namespace roost::release
