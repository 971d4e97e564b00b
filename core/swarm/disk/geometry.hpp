// Where a transfer's pieces and blocks lie: one file from offset 0, perhaps followed by
// padding up to a whole piece, which hybrid torrents count for SHA-1 and nobody stores.
// Plain numbers, so that they outlive libtorrent's torrent. Private to core/swarm.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/swarm/disk/blocks.hpp"

namespace roost::swarm {

struct Geometry {
  std::int64_t file_size = 0;
  std::int64_t total_size = 0;  // with padding
  int piece_length = 0;

  std::int64_t offset(int piece, int start) const {
    return std::int64_t{piece} * piece_length + start;
  }
  int size(int piece) const { return clip(total_size, piece, 0, piece_length); }
  int stored_size(int piece) const { return clip(file_size, piece, 0, piece_length); }
  int stored_length(int piece, int block) const {
    return clip(file_size, piece, block * kBlockBytes, kBlockBytes);
  }
  int blocks(int piece) const { return (stored_size(piece) + kBlockBytes - 1) / kBlockBytes; }

 private:
  int clip(std::int64_t end, int piece, int start, int most) const {
    return static_cast<int>(
        std::clamp<std::int64_t>(end - offset(piece, start), 0, std::min(most, piece_length)));
  }
};

}  // namespace roost::swarm
