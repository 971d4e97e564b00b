#include "core/swarm/open_blocks.hpp"

namespace roost::swarm {

bool OpenBlocks::remove(std::uint32_t piece, std::uint32_t block) {
  const auto it = blocks_.find(piece);
  if (it == blocks_.end() || it->second.erase(block) == 0) return false;
  if (it->second.empty()) blocks_.erase(it);
  return true;
}

void OpenBlocks::mark(std::uint32_t piece, Bitmap& blocks) const {
  const auto it = blocks_.find(piece);
  if (it == blocks_.end()) return;
  for (const std::uint32_t block : it->second) {
    if (block < blocks.size()) blocks[block] = true;
  }
}

}  // namespace roost::swarm
