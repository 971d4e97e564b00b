// The per-file Merkle tree of BitTorrent v2 (BEP 52), computed as a file is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/digest.hpp"
#include "core/crypto/sha256.hpp"

namespace roost::crypto {

inline constexpr std::uint32_t kBlockSize = 16 * 1024;
inline constexpr std::uint32_t kMaxPieceLength = 4 * 1024 * 1024;
inline constexpr std::size_t kMaxHashes = 128UL * 1024;  // 4 MiB of them

// The piece length that Roost's format prescribes for a file of this size: the
// smallest power of two from 16 KiB to 4 MiB that gives at most 2,000 pieces
// (docs/formats.md). The publisher doesn't know how many nodes will fetch.
std::uint32_t piece_length_for(std::uint64_t size) noexcept;

struct MerkleTree {
  std::uint64_t size = 0;
  std::uint32_t piece_length = kBlockSize;
  Sha256 root;                 // the file's "pieces root"; all zero when size is 0
  std::vector<Sha256> pieces;  // the piece layer, one hash a piece; empty when one piece holds all
};

// The hash of one piece as the piece layer has it; the last piece is padded. With
// piece_length 0, the root of a file that is one piece.
Sha256 piece_hash(BytesView piece, std::uint32_t piece_length);

// The root above a piece layer; how a layer received from elsewhere is checked.
// Throws Error{integrity} when the layer has not as many hashes as size asks.
Sha256 merkle_root(std::uint64_t size, std::uint32_t piece_length,
                   const std::vector<Sha256>& pieces);

// Fed with a file's bytes in order, keeps a bounded number of hashes whatever
// the size: when they grow too many, a level is folded. One thread at a time.
class MerkleHasher {
 public:
  // At least 4096 hashes: folding must not get ahead of the piece layer.
  explicit MerkleHasher(std::size_t max_hashes = kMaxHashes) : max_hashes_(max_hashes) {}

  void update(BytesView bytes);

  // The tree over everything fed, with piece_length_for(size). Call once.
  MerkleTree finish();

 private:
  void add_leaf(const Sha256& leaf);

  std::size_t max_hashes_;
  Sha256Hasher hasher_;
  std::uint64_t size_ = 0;
  std::uint32_t in_block_ = 0;
  unsigned level_ = 0;  // nodes_ are hashes over 16 KiB << level_
  std::vector<Sha256> nodes_;
  std::vector<Sha256> partial_;  // one waiting left child per level below level_
  std::vector<bool> waiting_;
};

}  // namespace roost::crypto
