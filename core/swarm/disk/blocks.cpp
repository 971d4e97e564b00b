#include "core/swarm/disk/blocks.hpp"

#include <cstddef>

namespace roost::swarm {
namespace {

constexpr std::size_t kMostFree = 256;  // 4 MiB kept for the next blocks, the rest given back

// The bytes come first, so that their address is the block's.
struct Block {
  char bytes[kBlockBytes];
  int references;
};

int& references(char* data) {
  return reinterpret_cast<Block*>(data)->references;
}

}  // namespace

BlockRef::BlockRef(const BlockRef& other) : pool_(other.pool_), data_(other.data_) {
  if (data_ != nullptr) ++references(data_);
}

BlockRef::~BlockRef() {
  if (data_ != nullptr) pool_->free_disk_buffer(data_);
}

libtorrent::disk_buffer_holder BlockRef::share(int length) const {
  ++references(data_);
  return {*pool_, data_, length};
}

BlockPool::~BlockPool() {
  for (char* data : free_) delete reinterpret_cast<Block*>(data);
}

BlockRef BlockPool::take() {
  char* data = nullptr;
  if (free_.empty()) {
    free_.reserve(kMostFree);
    data = (new Block)->bytes;
  } else {
    data = free_.back();
    free_.pop_back();
  }
  references(data) = 1;
  ++in_use_;
  return {*this, data};
}

void BlockPool::free_disk_buffer(char* data) {
  if (--references(data) > 0) return;
  --in_use_;
  if (free_.size() < kMostFree) {
    free_.push_back(data);
  } else {
    delete reinterpret_cast<Block*>(data);
  }
}

}  // namespace roost::swarm
