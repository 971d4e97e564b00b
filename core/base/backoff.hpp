// How long to wait before trying again: exponential, with full jitter, so that a
// fleet that lost its tracker together does not return together (Brooker,
// "Exponential Backoff And Jitter", 2015). A value; randomness is an argument.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace roost {

class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds most)
      : first_(first), most_(most), next_(first) {}

  // Between half of and the whole of a time that doubles with each call.
  template <class Rng>
  std::chrono::milliseconds next(Rng& rng) {
    const auto whole = next_.count();
    next_ = std::min(next_ * 2, most_);
    return std::chrono::milliseconds(
        std::uniform_int_distribution<std::int64_t>(whole / 2, whole)(rng));
  }

  void reset() { next_ = first_; }

 private:
  std::chrono::milliseconds first_, most_, next_;
};

}  // namespace roost
