#include "core/swarm/open_blocks.hpp"

namespace roost::swarm {

void OpenBlocks::remove(std::uint32_t piece, std::uint32_t block) {
  const auto it = blocks_.find(piece);
  if (it == blocks_.end()) return;
  it->second.erase(block);
  if (it->second.empty()) blocks_.erase(it);
}

void OpenBlocks::mark(std::uint32_t piece, Bitmap& blocks) const {
  const auto it = blocks_.find(piece);
  if (it == blocks_.end()) return;
  for (const std::uint32_t block : it->second) {
    if (block < blocks.size()) blocks[block] = true;
  }
}

}  // namespace roost::swarm
