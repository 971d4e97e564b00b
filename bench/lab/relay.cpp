#include "bench/lab/relay.hpp"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "core/base/deadline.hpp"
#include "core/base/error.hpp"
#include "core/base/fd.hpp"

namespace roost::bench {
namespace {

constexpr std::size_t kLargestFrame = 65536 + 64;  // with its virtio and Ethernet headers
constexpr std::size_t kBatch = 64;                 // frames read before others are due again
// It works in steps, a small share of the delay: a wake-up for each frame costs half as much
// again. So a frame is late by two steps at most, one on average.
constexpr std::chrono::nanoseconds kLongestStep{1'000'000};
constexpr int kStepsInDelay = 40;
constexpr std::size_t kMostHeld = std::size_t{64} << 20;  // bytes each way, then it drops

UniqueFd make_tap(const std::string& name) {
  UniqueFd fd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!fd) throw_errno("open /dev/net/tun");
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  name.copy(request.ifr_name, sizeof request.ifr_name - 1);
  constexpr unsigned long kOffloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
  if (::ioctl(fd.get(), TUNSETIFF, &request) != 0 ||
      ::ioctl(fd.get(), TUNSETOFFLOAD, kOffloads) != 0) {
    throw_errno("make the network device " + name);
  }
  return fd;
}

struct Frame {
  Monotonic due;
  std::vector<char> bytes;
};

// One direction of the wire.
class Lane {
 public:
  Lane(int from, int to, std::chrono::nanoseconds delay) : from_(from), to_(to), delay_(delay) {}

  void take(std::span<char> buffer) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      const ssize_t n = ::read(from_, buffer.data(), buffer.size());
      if (n <= 0) return;
      const auto size = static_cast<std::size_t>(n);
      if (held_ + size > kMostHeld) continue;
      held_ += size;
      frames_.push_back({std::chrono::steady_clock::now() + delay_,
                         std::vector<char>(buffer.data(), buffer.data() + size)});
    }
  }

  void deliver() {
    while (!frames_.empty() && frames_.front().due <= std::chrono::steady_clock::now()) {
      const auto& bytes = frames_.front().bytes;
      // A device that won't take it loses it, as a wire would.
      [[maybe_unused]] const ssize_t n = ::write(to_, bytes.data(), bytes.size());
      held_ -= bytes.size();
      frames_.pop_front();
    }
  }

  std::optional<Monotonic> next() const {
    if (frames_.empty()) return std::nullopt;
    return frames_.front().due;
  }

 private:
  int from_;
  int to_;
  std::chrono::nanoseconds delay_;
  std::deque<Frame> frames_;
  std::size_t held_ = 0;
};

}  // namespace

struct Relay::Impl {
  Impl(const std::string& one_end, const std::string& other_end, std::chrono::nanoseconds delay)
      : taps{make_tap(one_end), make_tap(other_end)},
        quit(::eventfd(0, EFD_CLOEXEC)),
        step(std::min(kLongestStep, delay / kStepsInDelay)),
        lanes{Lane(taps[0].get(), taps[1].get(), delay),
              Lane(taps[1].get(), taps[0].get(), delay)} {
    if (!quit) throw_errno("make an event");
    thread = std::thread([this] { run(); });
    ::pthread_setname_np(thread.native_handle(), "relay");
    sched_param priority{};
    priority.sched_priority = 1;
    ::pthread_setschedparam(thread.native_handle(), SCHED_RR, &priority);  // if it may
  }

  void run() {
    std::vector<char> buffer(kLargestFrame);
    for (;;) {
      std::array<pollfd, 3> fds{pollfd{quit.get(), POLLIN, 0}, pollfd{taps[0].get(), POLLIN, 0},
                                pollfd{taps[1].get(), POLLIN, 0}};
      const auto pause = until_next();
      ::ppoll(fds.data(), fds.size(), pause ? &*pause : nullptr, nullptr);
      if (fds[0].revents != 0) return;
      for (std::size_t i = 0; i < lanes.size(); ++i) {
        if (fds[i + 1].revents != 0) lanes[i].take(buffer);
        lanes[i].deliver();
      }
      std::this_thread::sleep_for(step);
    }
  }

  std::optional<timespec> until_next() const {
    std::optional<Monotonic> first;
    for (const auto& lane : lanes) {
      const auto due = lane.next();
      if (due && (!first || *due < *first)) first = due;
    }
    if (!first) return std::nullopt;
    using std::chrono::nanoseconds;
    const nanoseconds left =
        std::max(nanoseconds(0), nanoseconds(*first - std::chrono::steady_clock::now()));
    const auto whole = std::chrono::floor<std::chrono::seconds>(left);
    return timespec{whole.count(), (left - whole).count()};
  }

  std::array<UniqueFd, 2> taps;
  UniqueFd quit;
  std::chrono::nanoseconds step;
  std::array<Lane, 2> lanes;
  std::thread thread;
};

Relay::Relay(const std::string& one_end, const std::string& other_end,
             std::chrono::nanoseconds delay)
    : impl_(std::make_unique<Impl>(one_end, other_end, delay)) {}

Relay::~Relay() {
  ::eventfd_write(impl_->quit.get(), 1);
  impl_->thread.join();
}

}  // namespace roost::bench
