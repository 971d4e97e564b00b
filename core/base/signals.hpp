// Ctrl-C and SIGTERM as a std::stop_token.
//
// Make one at the start of main, before any other thread: it blocks both signals
// for this thread and all later ones, and its own thread waits for them. The first
// signal requests a stop; a second one, or the end of the grace time, ends the
// process with status 130 without running destructors. Everything here may be
// called from any thread. signal(7), signalfd(2).
#pragma once

#include <signal.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>

#include "core/base/fd.hpp"

namespace roost {

struct SignalGrace {
  std::chrono::milliseconds interrupt{1800};  // a person at a terminal waits under 2 s
  std::chrono::milliseconds terminate{8000};  // a supervisor lets a daemon drain
};

class SignalStop {
 public:
  // last_words runs just before the process is ended the hard way (to kill children).
  explicit SignalStop(SignalGrace grace = {}, std::function<void()> last_words = {});
  ~SignalStop();  // gives the thread its old signal mask back
  SignalStop(const SignalStop&) = delete;
  SignalStop& operator=(const SignalStop&) = delete;

  std::stop_token token() const { return source_.get_token(); }

  // SIGINT or SIGTERM, whichever came first; 0 while neither has.
  int signal() const noexcept { return signal_.load(); }

 private:
  void wait();
  [[noreturn]] void end_now();

  SignalGrace grace_;
  std::function<void()> last_words_;
  std::stop_source source_;
  std::atomic<int> signal_{0};
  UniqueFd signals_;
  UniqueFd quit_;
  sigset_t old_mask_{};
  std::thread thread_;
};

}  // namespace roost
