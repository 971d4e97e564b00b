// Fills an image with the chunks that other images at hand hold.
//
// Nothing counts before it is verified: a piece by its hash in the torrent's piece layer,
// and what lies in a piece that can't be had whole by its chunks' digests. So a rotten or
// lying source costs reading, and no wrong byte is ever written. Sources that can't be read
// count as lacking the chunk. Blocks on the calling thread, with others helping. Errors:
// those of writing the image; interrupted at the stop.
#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <vector>

#include "core/base/fs.hpp"
#include "core/release/chunk_match.hpp"
#include "core/release/descriptor.hpp"

namespace roost::release {

// The image that is filled: its index, its torrent's hashes, its file.
struct FillTarget {
  const Index& index;
  const FilePart& part;
  const std::vector<Sha256>& layer;  // piece layer (BEP 52); empty when one piece holds all
  int file = -1;                     // open for writing, as large as the image
  std::vector<bool> have;            // verified pieces that are left alone; empty: none
};

struct Filled {
  std::vector<bool> have;  // verified pieces, those that were there included
  // Piece -> its 16 KiB blocks that are in the file now, where it is not whole.
  std::map<std::uint32_t, std::vector<bool>> unfinished;
  std::vector<std::uint64_t> from;  // bytes by source
};

// sources: open files by the numbers that `match` was told.
Filled fill_image(Fs& fs, const FillTarget& target, const ChunkMatch& match,
                  const std::vector<int>& sources, const std::stop_token& stop);

}  // namespace roost::release
