#include "core/swarm/disk/read_job.hpp"

namespace roost::swarm {

std::vector<iovec> parts_of(const std::vector<BlockRead>& blocks) {
  std::vector<iovec> parts;
  parts.reserve(blocks.size());
  for (const BlockRead& block : blocks) {
    parts.push_back({block.bytes.data(), static_cast<std::size_t>(block.length)});
  }
  return parts;
}

void ReadJob::work() {
  std::vector<iovec> parts = parts_of(blocks_);
  if (!file_->read(parts, offset_)) return;
  for (BlockRead& block : blocks_) {
    iovec part{block.bytes.data(), static_cast<std::size_t>(block.length)};
    block.error = file_->read({&part, 1}, offset_);
    offset_ += block.length;
  }
}

}  // namespace roost::swarm
