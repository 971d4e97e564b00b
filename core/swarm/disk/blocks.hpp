// Refcounted buffers of one block (16 KiB) each, reused while they are warm.
//
// A block is written once, by whoever took it, and only read after it was shared;
// so a peer's send buffer, the file's writer and the cache can hold the same bytes.
// References are counted without a lock: they are made and dropped on libtorrent's
// network thread only. Throws std::bad_alloc. Private to core/swarm.
#pragma once

#include <libtorrent/disk_buffer_holder.hpp>
#include <utility>
#include <vector>

namespace roost::swarm {

constexpr int kBlockBytes = 16 * 1024;  // BEP 3, and the leaves of BEP 52's trees

class BlockPool;

class BlockRef {
 public:
  BlockRef() = default;
  BlockRef(const BlockRef& other);
  BlockRef(BlockRef&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)), data_(std::exchange(other.data_, nullptr)) {}
  BlockRef& operator=(BlockRef other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(data_, other.data_);
    return *this;
  }
  ~BlockRef();

  explicit operator bool() const noexcept { return data_ != nullptr; }
  char* data() const noexcept { return data_; }

  // A reference of libtorrent's kind to the same bytes.
  libtorrent::disk_buffer_holder share(int length) const;

 private:
  friend class BlockPool;
  BlockRef(BlockPool& pool, char* data) : pool_(&pool), data_(data) {}

  BlockPool* pool_ = nullptr;
  char* data_ = nullptr;
};

class BlockPool final : public libtorrent::buffer_allocator_interface {
 public:
  BlockPool() = default;
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  BlockRef take();
  int in_use() const noexcept { return in_use_; }

  void free_disk_buffer(char* data) override;  // one reference less

 private:
  friend class BlockRef;

  std::vector<char*> free_;  // the one used last is taken first: it is still in the cache
  int in_use_ = 0;
};

}  // namespace roost::swarm
