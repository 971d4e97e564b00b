// Which chunks of a wanted image lie in images that are at hand, and where.
//
// Chunks are the same when the SHA-256 of their stored bytes is: an image needs the
// very bytes, not only what they decompress to. What is found is a hint, since an index
// can lie and a disk can rot: whoever reads the bytes hashes them. A join of two sorted
// lists, so that no choice of digests makes it slow. One thread; the wanted index outlives it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/release/digest_keys.hpp"
#include "core/release/index.hpp"

namespace roost::release {

class ChunkMatch {
 public:
  struct Place {
    std::uint32_t source = 0;
    std::uint64_t offset = 0;  // in the source's image
  };

  explicit ChunkMatch(const Index& wanted);

  // Looks for what was not found yet among the chunks of an image that are `there` (one bit a
  // chunk; empty: all are). The index may go away after the call.
  void add(std::uint32_t source, const Index& image, const std::vector<bool>& there = {});

  // Notes where a chunk lies that somebody made and verified, unless a place is known.
  void put(std::uint32_t chunk, Place place);

  std::optional<Place> find(std::uint32_t chunk) const;
  std::vector<bool> lacking() const;  // one bit a chunk: no place is known
  std::size_t found() const noexcept { return found_; }
  bool complete() const noexcept { return found_ == places_.size(); }

 private:
  static constexpr std::uint32_t kNowhere = ~std::uint32_t{0};

  const Index& wanted_;
  std::vector<DigestKey> keys_;  // by stored digest
  std::vector<Place> places_;    // source kNowhere: not found
  std::size_t found_ = 0;
};

}  // namespace roost::release
