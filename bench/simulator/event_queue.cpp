#include "bench/simulator/event_queue.hpp"

#include <algorithm>
#include <cassert>

namespace roost::bench::simulator {
namespace {

constexpr std::size_t kChildren = 4;

}  // namespace

void EventQueue::put(Time at, std::uint32_t kind, std::uint32_t a, std::uint32_t b) {
  assert(at >= now_);
  const Event event{at, order_++, kind, a, b};
  std::size_t hole = heap_.size();
  heap_.push_back(event);
  while (hole > 0) {
    const std::size_t parent = (hole - 1) / kChildren;
    if (!event.before(heap_[parent])) break;
    heap_[hole] = heap_[parent];
    hole = parent;
  }
  heap_[hole] = event;
}

Event EventQueue::take() {
  const Event first = heap_.front();
  const Event last = heap_.back();
  heap_.pop_back();
  now_ = first.at;
  const std::size_t size = heap_.size();
  if (size == 0) return first;
  std::size_t hole = 0;
  for (;;) {
    const std::size_t begin = hole * kChildren + 1;
    if (begin >= size) break;
    const std::size_t end = std::min(begin + kChildren, size);
    std::size_t least = begin;
    for (std::size_t child = begin + 1; child < end; ++child) {
      if (heap_[child].before(heap_[least])) least = child;
    }
    if (!heap_[least].before(last)) break;
    heap_[hole] = heap_[least];
    hole = least;
  }
  heap_[hole] = last;
  return first;
}

}  // namespace roost::bench::simulator
