// Blocks that arrived or were read lately, by transfer and piece: peers are likely to ask
// for them, and a piece's hash may need them.
//
// Those of the piece that was not used for longest are dropped when there are too many
// blocks; what a writer or a send buffer still holds lives on. On the network thread only.
// Private to core/swarm.
#pragma once

#include <compare>
#include <cstdint>
#include <list>
#include <map>
#include <vector>

#include "core/swarm/disk/blocks.hpp"

namespace roost::swarm {

struct PieceKey {
  std::uint32_t store;  // a transfer; never used twice
  int piece;
  auto operator<=>(const PieceKey&) const = default;
};

class BlockCache {
 public:
  explicit BlockCache(int most_blocks) : most_blocks_(most_blocks) {}

  BlockRef take();  // an empty block, at the price of old ones

  void put(PieceKey key, int block, BlockRef bytes);
  BlockRef get(PieceKey key, int block);        // nothing if it isn't there
  std::vector<BlockRef> get_all(PieceKey key);  // by block; may be short

  void drop(PieceKey key);
  void drop_store(std::uint32_t store);

  int in_use() const noexcept { return pool_.in_use(); }

 private:
  struct Entry {
    std::vector<BlockRef> blocks;
    std::list<PieceKey>::iterator place;
  };

  bool evict();

  BlockPool pool_;  // outlives the entries
  const int most_blocks_;
  std::map<PieceKey, Entry> entries_;
  std::list<PieceKey> by_age_;  // oldest first
};

}  // namespace roost::swarm
