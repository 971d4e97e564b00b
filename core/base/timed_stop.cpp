#include "core/base/timed_stop.hpp"

namespace roost {

TimedStop::TimedStop(const std::stop_token& user, Deadline deadline)
    : user_(user),
      deadline_(deadline),
      on_user_stop_(user, [this] { combined_.request_stop(); }),
      timer_([this](const std::stop_token& disarmed) { wait(disarmed); }) {}

void TimedStop::wait(const std::stop_token& disarmed) {
  std::unique_lock lock(mutex_);
  // In steps: the end of time itself is no point that a wait may be given.
  while (!disarmed.stop_requested() && !deadline_.expired()) {
    changed_.wait_for(lock, disarmed, deadline_.remaining(std::chrono::hours(1)),
                      [] { return false; });
  }
  if (!disarmed.stop_requested()) combined_.request_stop();
}

void TimedStop::disarm() {
  timer_.request_stop();
}

bool TimedStop::out_of_time(const Error& error) const {
  if (stopped_by_user()) return false;
  return (error.code() == Errc::interrupted && combined_.stop_requested()) ||
         (error.code() == Errc::deadline && deadline_.expired());
}

}  // namespace roost
