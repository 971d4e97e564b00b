// The end of the belt: gives chunks their places in the image and collects the chunk
// table and the segments. Chunks that the base has wait in a spool, since those that
// it lacks come first. One thread. Private to core/release.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/crypto/merkle.hpp"
#include "core/release/index.hpp"
#include "core/release/output_file.hpp"
#include "core/release/pipeline.hpp"

namespace roost::release {

class ImageWriter {
 public:
  ImageWriter(OutputFile& image, const std::string& spool_dir, const Index* base);

  // The pipeline must learn of each chunk that is written; see Pipeline::written.
  void take(const Cut& cut, Pipeline& pipeline);

  struct Result {
    std::vector<ChunkInfo> chunks;
    std::vector<Segment> segments;
    crypto::MerkleTree tree;
    std::uint64_t new_chunks = 0;
    std::uint64_t new_bytes = 0;
  };
  // Appends the spool. `pulse` is called now and then and may throw.
  Result finish(const std::function<void()>& pulse);

  std::uint64_t bytes() const noexcept { return new_bytes_ + spooled_bytes_; }

 private:
  std::uint32_t store(StoredChunk& chunk);
  bool base_has(const Sha256& raw) const;

  OutputFile& image_;
  std::string spool_dir_;
  UniqueFd spool_;
  std::vector<Sha256> base_;  // sorted
  crypto::MerkleHasher hasher_;
  std::vector<ChunkInfo> new_;
  std::vector<ChunkInfo> known_;
  std::vector<Segment> segments_;
  std::uint64_t new_bytes_ = 0;
  std::uint64_t spooled_bytes_ = 0;
};

}  // namespace roost::release
