// A point on the monotonic clock by which something must be done.
#pragma once

#include <algorithm>
#include <chrono>

namespace roost {

using Monotonic = std::chrono::steady_clock::time_point;

class Deadline {
 public:
  static Deadline never() { return Deadline(Monotonic::max()); }
  static Deadline at(Monotonic when) { return Deadline(when); }
  static Deadline in(std::chrono::milliseconds time) {
    return Deadline(std::chrono::steady_clock::now() + time);
  }

  Monotonic when() const noexcept { return when_; }
  bool expired() const noexcept { return std::chrono::steady_clock::now() >= when_; }

  // Time left, but never more than cap: what a poll or wait takes as its limit.
  std::chrono::milliseconds remaining(std::chrono::milliseconds cap) const noexcept {
    if (when_ == Monotonic::max()) return cap;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(when_ - std::chrono::steady_clock::now());
    return std::clamp(left, std::chrono::milliseconds(0), cap);
  }

 private:
  explicit Deadline(Monotonic when) : when_(when) {}
  Monotonic when_;
};

}  // namespace roost
