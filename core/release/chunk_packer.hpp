// How a chunk's raw bytes become the stored ones of the image: by the packer, and by whoever
// makes a chunk again and must come to the same bytes. Private to core/release.
#pragma once

#include <cstdint>
#include <vector>

#include "core/release/index.hpp"
#include "core/release/zstd_codec.hpp"

namespace roost::release {

// Of a tree with so many bytes.
std::uint32_t longest_chunk(std::uint64_t tree_bytes) noexcept;

// The region where each chunk occurs first in the tree stream: by that one it is compressed.
std::vector<Region> chunk_regions(const Index& index);

// One thread at a time.
class ChunkPacker {
 public:
  explicit ChunkPacker(std::uint32_t longest_chunk);

  // A frame, or the bytes themselves where it would not be smaller; valid until the next call,
  // and as long as `raw`.
  BytesView pack(Region region, BytesView raw);

 private:
  Compressor small_;
  Compressor large_;
};

}  // namespace roost::release
