#include "core/base/signals.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include <array>
#include <cerrno>

#include "core/base/deadline.hpp"
#include "core/base/error.hpp"

namespace roost {
namespace {

constexpr int kInterruptedStatus = 130;
constexpr std::chrono::hours kIdle{1};

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

SignalStop::SignalStop(SignalGrace grace, std::function<void()> last_words)
    : grace_(grace), last_words_(std::move(last_words)) {
  const sigset_t set = stop_signals();
  if (const int code = pthread_sigmask(SIG_BLOCK, &set, &old_mask_); code != 0) {
    throw_errno(code, "block signals");
  }
  signals_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) throw_errno("wait for signals");
  quit_.reset(::eventfd(0, EFD_CLOEXEC));
  if (!quit_) throw_errno("wait for signals");
  thread_ = std::thread([this] { wait(); });
}

SignalStop::~SignalStop() {
  ::eventfd_write(quit_.get(), 1);
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
}

void SignalStop::wait() {
  Deadline end = Deadline::never();
  std::array<pollfd, 2> fds{pollfd{signals_.get(), POLLIN, 0}, pollfd{quit_.get(), POLLIN, 0}};
  for (;;) {
    const auto limit = end.remaining(kIdle);
    const int ready = ::poll(fds.data(), fds.size(), static_cast<int>(limit.count()));
    if (ready > 0 && fds[1].revents != 0) return;
    if (end.expired()) end_now();
    signalfd_siginfo info{};
    if (ready <= 0 || ::read(signals_.get(), &info, sizeof info) != sizeof info) continue;
    if (signal_.load() != 0) end_now();
    const int came = static_cast<int>(info.ssi_signo);
    end = Deadline::in(came == SIGINT ? grace_.interrupt : grace_.terminate);
    signal_.store(came);
    source_.request_stop();
  }
}

void SignalStop::end_now() {
  if (last_words_) last_words_();
  ::_exit(kInterruptedStatus);
}

}  // namespace roost
