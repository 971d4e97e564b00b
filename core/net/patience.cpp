#include "core/net/patience.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace roost::net {

Patience::Patience(std::string subject, Deadline deadline, std::stop_token stop)
    : subject_(std::move(subject)), deadline_(deadline), stop_(std::move(stop)) {
  if (!stop_.stop_possible()) return;
  wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_) throw_errno(subject_ + ": create eventfd");
  on_stop_.emplace(stop_, [fd = wake_.get()] {
    const std::uint64_t one = 1;
    // Can't fail: the counter is far from its end.
    [[maybe_unused]] const auto written = ::write(fd, &one, sizeof one);
  });
}

bool Patience::wait(int fd, short events, Deadline limit) {
  const auto until = std::min(deadline_.when(), limit.when());
  for (;;) {
    if (stop_.stop_requested()) throw error(Errc::interrupted, "interrupted");
    pollfd fds[2] = {{fd, events, 0}, {wake_.get(), POLLIN, 0}};  // poll skips a negative fd
    const auto left = Deadline::at(until).remaining(std::chrono::hours(1));
    const int ready = ::poll(fds, 2, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) throw_errno(subject_ + ": poll");
    if (ready > 0 && fds[1].revents != 0) continue;
    if (ready > 0) return true;
    if (Deadline::at(until).expired()) return false;
  }
}

void Patience::require(int fd, short events) {
  if (!wait(fd, events)) throw out_of_time();
}

Error Patience::error(Errc code, const std::string& cause) const {
  return Error(code, subject_ + ": " + cause);
}

Error Patience::out_of_time() const {
  return error(Errc::deadline, "no answer within the time allowed");
}

}  // namespace roost::net
