// A bounded set of open descriptors by entry number, least recently used goes first.
//
// A descriptor that was handed out stays open until its last user lets go, even if
// it was dropped from the set meanwhile. Thread-safe; the opener runs under the
// set's lock, so that one entry is never opened (or created) twice at once.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "core/base/fd.hpp"

namespace roost::store {

class FdCache {
 public:
  using Shared = std::shared_ptr<const UniqueFd>;

  explicit FdCache(std::size_t limit) : limit_(limit) {}

  // The open descriptor, or what open() returns.
  template <class Open>
  Shared get(std::uint32_t key, Open&& open) {
    const std::lock_guard lock(mutex_);
    if (const auto found = slots_.find(key); found != slots_.end()) {
      order_.splice(order_.begin(), order_, found->second.position);
      return found->second.fd;
    }
    auto fd = std::make_shared<const UniqueFd>(std::forward<Open>(open)());
    order_.push_front(key);
    slots_.emplace(key, Slot{fd, order_.begin()});
    if (slots_.size() > limit_) {
      slots_.erase(order_.back());
      order_.pop_back();
    }
    return fd;
  }

  void drop(std::uint32_t key) {
    const std::lock_guard lock(mutex_);
    const auto found = slots_.find(key);
    if (found == slots_.end()) return;
    order_.erase(found->second.position);
    slots_.erase(found);
  }

 private:
  struct Slot {
    Shared fd;
    std::list<std::uint32_t>::iterator position;
  };

  std::size_t limit_;
  std::mutex mutex_;
  std::unordered_map<std::uint32_t, Slot> slots_;
  std::list<std::uint32_t> order_;  // most recent first
};

}  // namespace roost::store
