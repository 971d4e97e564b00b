// zstd with every parameter explicit, so that the bytes do not depend on what the
// library would guess from an input's size or the CPU. Frames carry their content
// size and no checksum: digests are kept apart. Private to core/release.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "core/base/bytes.hpp"

namespace roost::release {

// zstd's search for long matches, which finds where two versions run in step.
struct LongMatches {
  int hash_log;
  int min_match;
  int bucket_log;
  int rate_log;
};

struct ZstdParameters {
  int window_log;
  int hash_log;
  int chain_log;
  int search_log;
  int min_match;
  int target_length;
  int strategy;  // ZSTD_strategy's number
  std::optional<LongMatches> long_matches{};
};

// For chunks of small and of large files (docs/formats.md names them): small ones are mostly
// text, where a closer search pays. window_log grows with the longest chunk.
enum class Region : std::uint8_t { small_files, large_files };
ZstdParameters chunk_parameters(Region region, std::uint32_t max_chunk) noexcept;
// For the index's body: small, sent to every node before all else, so packed harder.
ZstdParameters index_parameters() noexcept;
// For patches: a window that reaches from the last byte back to the prefix's first.
ZstdParameters patch_parameters() noexcept;

// One thread at a time.
class Compressor {
 public:
  explicit Compressor(const ZstdParameters& parameters);
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  // One frame; valid until the next call. What decompresses it must have the same prefix:
  // bytes, taken as they are, that may be referred to as if they lay before `raw`.
  BytesView compress(BytesView raw, BytesView prefix = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Decompresses one frame of exactly raw.size() bytes; false when it is anything else. Thread-safe.
bool decompress_exactly(BytesView stored, std::span<std::uint8_t> raw,
                        BytesView prefix = {}) noexcept;

// The same, growing as data comes, so that a lying length costs no memory.
// Throws Error{integrity}.
Bytes decompress(BytesView stored, std::size_t raw_length);

}  // namespace roost::release
