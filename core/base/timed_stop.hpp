// A stop token that fires when the user's does or when time is over, whichever
// comes first; so that work which knows only a stop also ends at a deadline.
//
// disarm() ends the time limit for good. as_deadline() turns the interruption
// that the limit caused into the Error{deadline} that it means. Any thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "core/base/deadline.hpp"
#include "core/base/error.hpp"

namespace roost {

class TimedStop {
 public:
  TimedStop(const std::stop_token& user, Deadline deadline);

  std::stop_token token() const { return combined_.get_token(); }
  bool stopped_by_user() const { return user_.stop_requested(); }

  void disarm();

  // Runs body; what: "publish web@1".
  template <class Body>
  auto within(const std::string& what, Body&& body) {
    try {
      return std::forward<Body>(body)();
    } catch (const Error& error) {
      if (!out_of_time(error)) throw;
    }
    throw Error(Errc::deadline, what + ": the time was over", "raise --timeout");
  }

 private:
  bool out_of_time(const Error& error) const;
  void wait(const std::stop_token& disarmed);

  std::stop_token user_;
  Deadline deadline_;
  std::stop_source combined_;
  std::stop_callback<std::function<void()>> on_user_stop_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread timer_;  // last: it uses the rest
};

}  // namespace roost
