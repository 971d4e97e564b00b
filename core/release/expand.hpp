// Puts chunks in their places: decompresses, checks the digest over the very bytes
// that are written, and hands each run to a sink.
//
// Safe from several threads at once for different chunks; the sink must be too.
// Holds no state about what is done: that is the caller's (ImageMap, the store).
// Index and sink must outlive it. Throws Error{integrity} naming the chunk before
// the sink has seen a byte of it; what the sink throws passes through.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/release/index.hpp"

namespace roost::release {

// Where file contents go. `entry` numbers index.entries(). Runs of one file come in any
// order, never overlap, and leave out its holes: the sink gives the file its size.
struct TreeSink {
  virtual ~TreeSink() = default;
  virtual void write(std::uint32_t entry, std::uint64_t offset, BytesView bytes) = 0;
};

// Where each chunk occurs in the tree. About 12 bytes a segment.
class Places {
 public:
  struct Run {
    std::uint32_t entry;
    std::uint64_t file_offset;
    std::uint32_t chunk_offset;
    std::uint32_t length;
  };

  explicit Places(const Index& index);
  void for_each(std::uint32_t chunk, const std::function<void(const Run&)>& visit) const;

 private:
  const Index& index_;
  std::vector<std::uint32_t> first_;   // chunk -> its part of starts_
  std::vector<std::uint64_t> starts_;  // stream offsets
};

class Expander {
 public:
  Expander(const Index& index, TreeSink& sink);

  void expand(std::uint32_t chunk, BytesView stored);  // as it lies in the image
  void write(std::uint32_t chunk, BytesView raw);      // decompressed and checked by the caller

  const Places& places() const noexcept { return places_; }

 private:
  const Index& index_;
  TreeSink& sink_;
  Places places_;
};

// The chunk's raw bytes from its stored ones, checked; valid until this thread calls again.
BytesView raw_bytes_of(const ChunkInfo& chunk, std::uint32_t number, BytesView stored);

}  // namespace roost::release
