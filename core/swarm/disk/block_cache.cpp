#include "core/swarm/disk/block_cache.hpp"

namespace roost::swarm {

BlockRef BlockCache::take() {
  while (pool_.in_use() >= most_blocks_ && evict()) {
  }
  return pool_.take();
}

bool BlockCache::evict() {
  if (by_age_.empty()) return false;
  drop(PieceKey(by_age_.front()));
  return true;
}

void BlockCache::put(PieceKey key, int block, BlockRef bytes) {
  const auto [it, is_new] = entries_.try_emplace(key);
  Entry& entry = it->second;
  if (is_new) entry.place = by_age_.insert(by_age_.end(), key);
  const auto index = static_cast<std::size_t>(block);
  if (entry.blocks.size() <= index) entry.blocks.resize(index + 1);
  entry.blocks[index] = std::move(bytes);
}

BlockRef BlockCache::get(PieceKey key, int block) {
  const auto it = entries_.find(key);
  const auto index = static_cast<std::size_t>(block);
  if (it == entries_.end() || it->second.blocks.size() <= index) return {};
  by_age_.splice(by_age_.end(), by_age_, it->second.place);
  return it->second.blocks[index];
}

std::vector<BlockRef> BlockCache::get_all(PieceKey key) {
  const auto it = entries_.find(key);
  return it == entries_.end() ? std::vector<BlockRef>() : it->second.blocks;
}

void BlockCache::drop(PieceKey key) {
  const auto it = entries_.find(key);
  if (it == entries_.end()) return;
  by_age_.erase(it->second.place);
  entries_.erase(it);
}

void BlockCache::drop_store(std::uint32_t store) {
  auto it = entries_.lower_bound({store, 0});
  while (it != entries_.end() && it->first.store == store) {
    by_age_.erase(it->second.place);
    it = entries_.erase(it);
  }
}

}  // namespace roost::swarm
