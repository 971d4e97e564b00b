#include "core/release/image_map.hpp"

#include <algorithm>
#include <cassert>

namespace roost::release {

ImageMap::ImageMap(const Index& index, std::uint32_t piece_length) : piece_length_(piece_length) {
  const std::uint64_t size = index.image_bytes();
  have_.resize((size + piece_length - 1) / piece_length);
  ends_.reserve(index.chunks().size());
  missing_.reserve(index.chunks().size());
  for (const ChunkInfo& chunk : index.chunks()) {
    const std::uint64_t end = chunk.offset + chunk.stored_length;
    const std::uint64_t pieces = (end - 1) / piece_length - chunk.offset / piece_length + 1;
    ends_.push_back(end);
    missing_.push_back(static_cast<std::uint32_t>(pieces));
  }
}

std::vector<std::uint32_t> ImageMap::add(std::uint32_t piece) {
  assert(piece < have_.size());
  std::vector<std::uint32_t> whole;
  if (have_[piece]) return whole;
  have_[piece] = true;
  const Range range = chunks_in(piece);
  for (std::uint32_t chunk = range.first; chunk < range.end; ++chunk) {
    if (--missing_[chunk] == 0) whole.push_back(chunk);
  }
  whole_ += static_cast<std::uint32_t>(whole.size());
  return whole;
}

ImageMap::Range ImageMap::chunks_in(std::uint32_t piece) const {
  assert(piece < have_.size());
  const std::uint64_t begin = std::uint64_t{piece} * piece_length_;
  const std::uint64_t end = begin + piece_length_;
  // The first chunk that ends behind the piece's begin; the last that begins before its end is
  // the one after the last that ends before it.
  const auto first = std::upper_bound(ends_.begin(), ends_.end(), begin);
  const auto last = std::lower_bound(first, ends_.end(), end);
  const auto past = last == ends_.end() ? last : last + 1;
  return {static_cast<std::uint32_t>(first - ends_.begin()),
          static_cast<std::uint32_t>(past - ends_.begin())};
}

ImageMap::Range ImageMap::pieces_of(std::uint32_t chunk) const {
  assert(chunk < ends_.size());
  const std::uint64_t begin = chunk == 0 ? 0 : ends_[chunk - 1];
  return {static_cast<std::uint32_t>(begin / piece_length_),
          static_cast<std::uint32_t>((ends_[chunk] - 1) / piece_length_ + 1)};
}

}  // namespace roost::release
