// Events in order of time; those of one moment in the order in which they were put.
//
// A 4-ary heap of small values: a simulation of 10,000 nodes has some 100,000 pending
// and takes 200 million. Time is whole nanoseconds, so that a run is the same on every
// machine. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace roost::bench::simulator {

using Time = std::int64_t;  // nanoseconds since the start
inline constexpr Time kSecond = 1'000'000'000;

struct Event {
  Time at = 0;
  std::uint32_t order = 0;
  std::uint32_t kind = 0;
  std::uint32_t a = 0;  // what the kind makes of them
  std::uint32_t b = 0;

  bool before(const Event& other) const noexcept {
    return at != other.at ? at < other.at : order < other.order;
  }
};

class EventQueue {
 public:
  Time now() const noexcept { return now_; }
  bool empty() const noexcept { return heap_.empty(); }

  // at: not before now().
  void put(Time at, std::uint32_t kind, std::uint32_t a, std::uint32_t b = 0);

  // The next event; now() is its time.
  Event take();

 private:
  std::vector<Event> heap_;
  Time now_ = 0;
  std::uint32_t order_ = 0;
};

}  // namespace roost::bench::simulator
