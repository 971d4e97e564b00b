// Turns a scanned tree into index and image, in one parallel pass.
//
// The same tree and base give the same bytes at every thread count (and on every
// machine with the same zstd). Memory is bounded whatever the tree's size. Files
// are checked to be what was scanned, and not to change while they are read.
// On any error, and within 100 ms of a stop, nothing is left in the output directory.
// Throws Error{usage} naming a file that changed, interrupted, no_space, failed.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "core/crypto/merkle.hpp"
#include "core/release/index.hpp"
#include "core/release/scan.hpp"

namespace roost::release {

struct PackProgress {
  std::uint64_t bytes = 0;  // of the tree, read so far
  std::uint64_t total = 0;
  std::uint64_t image_bytes = 0;
};

struct PackOptions {
  // Chunks that this index lacks come first in the image. Must outlive the call.
  const Index* base = nullptr;
  unsigned threads = 0;  // that compress; 0: one per CPU
  // Called from the calling thread, at most about ten times a second, and once at the end.
  std::function<void(const PackProgress&)> progress{};
  std::stop_token stop{};
};

struct Packed {
  Index index;
  crypto::MerkleTree index_tree;
  crypto::MerkleTree image_tree;
  std::string index_path;
  std::string image_path;        // an empty file when the tree has no bytes
  std::uint64_t new_chunks = 0;  // that the base lacks; all of them without a base
  std::uint64_t new_bytes = 0;   // their stored bytes: the head of the image
};

// Writes `index` and `image` into output_dir, which must exist and hold neither.
// Takes the tree's entries over: they are the largest thing in memory.
Packed pack_tree(Tree tree, const std::string& output_dir, const PackOptions& options);

}  // namespace roost::release
