#include "core/crypto/merkle.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/base/error.hpp"

namespace roost::crypto {
namespace {

constexpr unsigned kMaxLevel = 8;  // 16 KiB << 8 = 4 MiB, the largest piece

Sha256 parent_of(const Sha256& left, const Sha256& right) {
  std::array<std::uint8_t, 64> both;
  std::memcpy(both.data(), left.bytes.data(), 32);
  std::memcpy(both.data() + 32, right.bytes.data(), 32);
  return sha256(both);
}

// Missing leaves are zero (BEP 52); so is padding above them, hashed level by level.
Sha256 padding(unsigned level) {
  Sha256 pad;
  for (unsigned i = 0; i < level; ++i) pad = parent_of(pad, pad);
  return pad;
}

std::vector<Sha256> fold(const std::vector<Sha256>& nodes, unsigned level) {
  std::vector<Sha256> up;
  up.reserve(nodes.size() / 2 + 1);
  for (std::size_t i = 0; i < nodes.size(); i += 2) {
    up.push_back(parent_of(nodes[i], i + 1 < nodes.size() ? nodes[i + 1] : padding(level)));
  }
  return up;
}

unsigned level_of(std::uint32_t piece_length) noexcept {
  unsigned level = 0;
  while ((kBlockSize << level) < piece_length) ++level;
  return level;
}

Sha256 root_above(std::vector<Sha256> nodes, unsigned level) {
  if (nodes.empty()) return {};
  while (nodes.size() > 1) nodes = fold(nodes, level++);
  return nodes.front();
}

}  // namespace

std::uint32_t piece_length_for(std::uint64_t size) noexcept {
  std::uint32_t length = kBlockSize;
  while (length < kMaxPieceLength && size > 2000ULL * length) length *= 2;
  return length;
}

Sha256 merkle_root(std::uint64_t size, std::uint32_t piece_length,
                   const std::vector<Sha256>& pieces) {
  const std::uint64_t expected = size <= piece_length ? 0 : (size - 1) / piece_length + 1;
  if (pieces.size() != expected || expected == 0) {
    throw Error(Errc::integrity, "check piece layer: " + std::to_string(pieces.size()) +
                                     " hashes where the size asks for " + std::to_string(expected));
  }
  return root_above(pieces, level_of(piece_length));
}

Sha256 piece_hash(BytesView piece, std::uint32_t piece_length) {
  std::vector<Sha256> nodes;
  for (std::size_t offset = 0; offset < piece.size(); offset += kBlockSize) {
    nodes.push_back(
        sha256(piece.subspan(offset, std::min<std::size_t>(kBlockSize, piece.size() - offset))));
  }
  const unsigned top = piece_length == 0 ? 0 : level_of(piece_length);
  unsigned level = 0;
  while (nodes.size() > 1 || (level < top && !nodes.empty())) nodes = fold(nodes, level++);
  return nodes.empty() ? Sha256{} : nodes.front();
}

void MerkleHasher::update(BytesView bytes) {
  size_ += bytes.size();
  while (!bytes.empty()) {
    const auto take = std::min<std::size_t>(bytes.size(), kBlockSize - in_block_);
    hasher_.update(bytes.first(take));
    bytes = bytes.subspan(take);
    in_block_ += static_cast<std::uint32_t>(take);
    if (in_block_ == kBlockSize) {
      add_leaf(hasher_.finish());
      in_block_ = 0;
    }
  }
}

void MerkleHasher::add_leaf(const Sha256& leaf) {
  Sha256 node = leaf;
  for (unsigned level = 0; level < level_; ++level) {
    if (!waiting_[level]) {
      partial_[level] = node;
      waiting_[level] = true;
      return;
    }
    node = parent_of(partial_[level], node);
    waiting_[level] = false;
  }
  nodes_.push_back(node);
  if (nodes_.size() < max_hashes_ || level_ == kMaxLevel) return;
  nodes_ = fold(nodes_, level_);  // an even number: nothing waits at this level
  ++level_;
  partial_.resize(level_);
  waiting_.resize(level_, false);
}

MerkleTree MerkleHasher::finish() {
  if (in_block_ > 0) add_leaf(hasher_.finish());
  // Complete the nodes that still wait for a right child, from the bottom.
  for (unsigned level = 0; level < level_; ++level) {
    if (!waiting_[level]) continue;
    Sha256 node = parent_of(partial_[level], padding(level));
    waiting_[level] = false;
    unsigned up = level + 1;
    while (up < level_ && waiting_[up]) {
      node = parent_of(partial_[up], node);
      waiting_[up++] = false;
    }
    if (up == level_) {
      nodes_.push_back(node);
    } else {
      partial_[up] = node;
      waiting_[up] = true;
    }
  }
  MerkleTree tree;
  tree.size = size_;
  tree.piece_length = piece_length_for(size_);
  const unsigned piece_level = level_of(tree.piece_length);
  for (unsigned level = level_; level < piece_level && nodes_.size() > 1; ++level) {
    nodes_ = fold(nodes_, level);
  }
  tree.root = root_above(nodes_, std::max(level_, piece_level));
  if (size_ > tree.piece_length) tree.pieces = std::move(nodes_);
  return tree;
}

}  // namespace roost::crypto
