// Which blocks one peer was asked for and hasn't sent, by piece. Pure, one object a link, one
// thread. A block may be open at several links: it counts once where their marks are united.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "core/swarm/transfer.hpp"

namespace roost::swarm {

class OpenBlocks {
 public:
  using ByPiece = std::map<std::uint32_t, std::set<std::uint32_t>>;

  void add(std::uint32_t piece, std::uint32_t block) { blocks_[piece].insert(block); }
  bool remove(std::uint32_t piece, std::uint32_t block);  // false: it isn't open
  void clear() { blocks_.clear(); }

  bool touches(std::uint32_t piece) const { return blocks_.contains(piece); }
  const ByPiece& pieces() const noexcept { return blocks_; }  // each with one block at least

  // Sets the bits of those in the piece; as many bits as it has blocks.
  void mark(std::uint32_t piece, Bitmap& blocks) const;

 private:
  ByPiece blocks_;
};

}  // namespace roost::swarm
