#include "core/release/chunk_packer.hpp"

#include "core/release/chunker.hpp"
#include "core/release/format.hpp"

namespace roost::release {

std::uint32_t longest_chunk(std::uint64_t tree_bytes) noexcept {
  return ChunkSizes::around(average_small_chunk(tree_bytes)).max;
}

std::vector<Region> chunk_regions(const Index& index) {
  std::uint64_t small = 0;  // where the small files end
  const std::uint64_t threshold = large_file(index.tree_bytes());
  for (const std::uint32_t file : index.stream_files()) {
    const std::uint64_t size = index.entries()[file].size;
    if (size >= threshold) break;
    small += size;
  }
  std::vector<Region> regions(index.chunks().size(), Region::large_files);
  std::uint64_t at = 0;
  for (const Segment& segment : index.segments()) {
    if (at >= small) break;
    if (!segment.hole()) regions[segment.chunk] = Region::small_files;
    at += segment.length;
  }
  return regions;
}

ChunkPacker::ChunkPacker(std::uint32_t longest_chunk)
    : small_(chunk_parameters(Region::small_files, longest_chunk)),
      large_(chunk_parameters(Region::large_files, longest_chunk)) {}

BytesView ChunkPacker::pack(Region region, BytesView raw) {
  const auto packed = (region == Region::small_files ? small_ : large_).compress(raw);
  return packed.size() < raw.size() ? packed : raw;
}

}  // namespace roost::release
