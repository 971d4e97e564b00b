// Which chunks are whole once given pieces of the image are verified.
//
// Counts, per chunk, the pieces that it still lacks. One thread at a time; the
// index may go away after construction. Asserts on numbers out of range.
#pragma once

#include <cstdint>
#include <vector>

#include "core/release/index.hpp"

namespace roost::release {

class ImageMap {
 public:
  // Chunks or pieces [first, end).
  struct Range {
    std::uint32_t first = 0;
    std::uint32_t end = 0;
  };

  ImageMap(const Index& index, std::uint32_t piece_length);

  std::uint32_t pieces() const noexcept { return static_cast<std::uint32_t>(have_.size()); }
  std::uint32_t chunks() const noexcept { return static_cast<std::uint32_t>(missing_.size()); }

  // Notes a verified piece; the chunks that it makes whole, in image order. None if known already.
  std::vector<std::uint32_t> add(std::uint32_t piece);

  bool has_piece(std::uint32_t piece) const { return have_[piece]; }
  bool has_chunk(std::uint32_t chunk) const { return missing_[chunk] == 0; }
  std::uint32_t whole_chunks() const noexcept { return whole_; }

  Range chunks_in(std::uint32_t piece) const;  // that have at least a byte in it
  Range pieces_of(std::uint32_t chunk) const;

 private:
  std::uint32_t piece_length_;
  std::vector<std::uint64_t> ends_;  // chunk -> end of its bytes in the image
  std::vector<std::uint32_t> missing_;
  std::vector<bool> have_;
  std::uint32_t whole_ = 0;
};

}  // namespace roost::release
