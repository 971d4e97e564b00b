// Waiting for something to become true, with a limit: the only place where tests sleep.
#pragma once

#include <chrono>
#include <thread>

#include "core/base/deadline.hpp"

namespace roost::test {

// Asks often; the last answer counts. Returns as soon as the predicate holds.
template <class Predicate>
[[nodiscard]] bool wait_until(Deadline deadline, Predicate predicate) {
  constexpr std::chrono::milliseconds kPause{2};
  while (!predicate()) {
    if (deadline.expired()) return predicate();
    std::this_thread::sleep_for(deadline.remaining(kPause));
  }
  return true;
}

template <class Predicate>
[[nodiscard]] bool wait_until(std::chrono::milliseconds limit, Predicate predicate) {
  return wait_until(Deadline::in(limit), std::move(predicate));
}

}  // namespace roost::test
