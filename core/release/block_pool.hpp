// Large buffers that are used again rather than freed, so that their pages are faulted in
// once. A block returns by itself when the last holder lets go, from any thread; the pool
// lives as long as its blocks. Private to core/release.
#pragma once

#include <memory>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/guarded.hpp"

namespace roost::release {

class BlockPool : public std::enable_shared_from_this<BlockPool> {
 public:
  explicit BlockPool(std::size_t block_bytes) : block_bytes_(block_bytes) {}

  std::shared_ptr<Bytes> take() {
    auto block = free_.with([](auto& free) {
      std::unique_ptr<Bytes> found;
      if (!free.empty()) {
        found = std::move(free.back());
        free.pop_back();
      }
      return found;
    });
    if (!block) block = std::make_unique<Bytes>(block_bytes_);
    return {block.release(), [pool = shared_from_this()](Bytes* bytes) {
              pool->free_.with([&](auto& free) { free.emplace_back(bytes); });
            }};
  }

 private:
  std::size_t block_bytes_;
  Guarded<std::vector<std::unique_ptr<Bytes>>> free_;
};

}  // namespace roost::release
