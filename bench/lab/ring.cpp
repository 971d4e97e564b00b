#include "bench/lab/ring.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>

#include "bench/lab/namespaces.hpp"
#include "core/base/deadline.hpp"
#include "core/base/error.hpp"
#include "core/base/fd.hpp"

namespace roost::bench {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kWarmUp{500};
constexpr milliseconds kMeasured{1000};
constexpr milliseconds kEnd{3000};
constexpr timeval kConnectLimit{5, 0};
constexpr std::size_t kPortion = std::size_t{1} << 18;

struct Flow {
  UniqueFd sender;
  UniqueFd receiver;
  std::uint64_t received = 0;
  // The last arrival of the warm-up and the latest since: between two arrivals the rate is
  // exact, whatever the size of the bursts.
  std::uint64_t base = 0;
  Monotonic first{};
  Monotonic latest{};

  double goodput() const {
    const std::chrono::duration<double> time = latest - first;
    return time.count() > 0 ? static_cast<double>(received - base) / time.count() : 0;
  }
};

UniqueFd tcp_socket() {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) throw_errno("open a socket");
  return fd;
}

void not_blocking(const UniqueFd& fd) {
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

Flow connect(const Transfer& transfer) {
  sockaddr_in place{};
  place.sin_family = AF_INET;
  ::inet_pton(AF_INET, transfer.address.c_str(), &place.sin_addr);
  auto* const address = reinterpret_cast<sockaddr*>(&place);  // NOLINT: the call's type
  socklen_t size = sizeof place;
  UniqueFd listener;
  in_namespace(transfer.to, [&] {
    listener = tcp_socket();
    if (::bind(listener.get(), address, size) != 0 || ::listen(listener.get(), 1) != 0 ||
        ::getsockname(listener.get(), address, &size) != 0) {
      throw_errno("listen on " + transfer.address);
    }
  });
  Flow flow;
  in_namespace(transfer.from, [&] {
    flow.sender = tcp_socket();
    ::setsockopt(flow.sender.get(), SOL_SOCKET, SO_SNDTIMEO, &kConnectLimit, sizeof kConnectLimit);
    if (::connect(flow.sender.get(), address, size) != 0) {
      throw_errno("connect to " + transfer.address);
    }
  });
  flow.receiver.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!flow.receiver) throw_errno("accept on " + transfer.address);
  not_blocking(flow.sender);
  not_blocking(flow.receiver);
  return flow;
}

class Ring {
 public:
  explicit Ring(std::vector<Flow> flows) : flows_(std::move(flows)) {
    poll_.reset(::epoll_create1(EPOLL_CLOEXEC));
    if (!poll_) throw_errno("make a poll set");
    for (std::size_t i = 0; i < flows_.size(); ++i) {
      watch(flows_[i].sender, EPOLLOUT, 2 * i);
      watch(flows_[i].receiver, EPOLLIN, 2 * i + 1);
    }
  }

  void run(Deadline end, const std::stop_token& stop) {
    std::array<epoll_event, 64> events{};
    while (open_ > 0 && !end.expired()) {
      if (stop.stop_requested()) throw Error(Errc::interrupted, "calibrate links: interrupted");
      const int n = ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()),
                                 static_cast<int>(end.remaining(milliseconds(100)).count()));
      for (std::size_t i = 0; n > 0 && i < static_cast<std::size_t>(n); ++i) {
        Flow& flow = flows_[events[i].data.u64 / 2];
        events[i].data.u64 % 2 == 0 ? fill(flow) : drain(flow);
      }
    }
  }

  void begin_measuring() {
    for (auto& flow : flows_) {
      flow.base = flow.received;
      flow.first = flow.received > 0 ? flow.latest : std::chrono::steady_clock::now();
    }
  }

  // The senders hang up with what they still hold unsent; their resets arrive behind all that
  // waits in queues, so afterwards the links are empty.
  void finish(const std::stop_token& stop) {
    constexpr linger kAtOnce{1, 0};
    for (auto& flow : flows_) {
      ::setsockopt(flow.sender.get(), SOL_SOCKET, SO_LINGER, &kAtOnce, sizeof kAtOnce);
      flow.sender.reset();
    }
    run(Deadline::in(kEnd), stop);
  }

  std::vector<double> goodput() const {
    std::vector<double> result;
    for (const auto& flow : flows_) result.push_back(flow.goodput());
    return result;
  }

 private:
  void watch(const UniqueFd& fd, std::uint32_t what, std::uint64_t tag) {
    epoll_event event{};
    event.events = what;
    event.data.u64 = tag;
    if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0) throw_errno("poll");
  }

  static bool failed(ssize_t n) { return n < 0 && errno != EAGAIN && errno != EINTR; }

  void fill(Flow& flow) {
    if (failed(::send(flow.sender.get(), portion_.data(), portion_.size(), MSG_NOSIGNAL))) {
      throw_errno("calibrate links: send");
    }
  }

  void drain(Flow& flow) {
    // MSG_TRUNC: thrown away in the kernel, for copying costs CPU that the links need.
    const ssize_t n = ::recv(flow.receiver.get(), nullptr, kPortion, MSG_TRUNC);
    if (failed(n) && flow.sender) throw_errno("calibrate links: receive");
    if (n == 0 || failed(n)) {
      flow.receiver.reset();
      --open_;
    }
    if (n <= 0) return;
    flow.received += static_cast<std::uint64_t>(n);
    flow.latest = std::chrono::steady_clock::now();
  }

  std::vector<Flow> flows_;
  std::size_t open_ = flows_.size();
  UniqueFd poll_;
  std::vector<char> portion_ = std::vector<char>(kPortion);
};

}  // namespace

std::vector<double> measure_transfers(const std::vector<Transfer>& transfers,
                                      const std::stop_token& stop) {
  std::vector<Flow> flows;
  flows.reserve(transfers.size());
  for (const auto& transfer : transfers) flows.push_back(connect(transfer));
  Ring ring(std::move(flows));
  ring.run(Deadline::in(kWarmUp), stop);
  ring.begin_measuring();
  ring.run(Deadline::in(kMeasured), stop);
  auto result = ring.goodput();
  ring.finish(stop);
  return result;
}

}  // namespace roost::bench
