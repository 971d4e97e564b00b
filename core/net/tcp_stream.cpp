#include "core/net/tcp_stream.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

namespace roost::net {
namespace {

std::string describe(int code) {
  return std::generic_category().message(code);
}

template <class Sockaddr>
SocketAddress wrap(const Sockaddr& address) {
  SocketAddress out;
  std::memcpy(&out.storage, &address, sizeof address);
  out.length = sizeof address;
  return out;
}

std::vector<SocketAddress> literal(const std::string& host, std::uint16_t port) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) return {wrap(v4)};
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) return {wrap(v6)};
  return {};
}

// What the resolver's thread leaves for whoever still waits.
struct Lookup {
  UniqueFd done{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  int error = 0;
  std::vector<SocketAddress> addresses;
};

void look_up(Lookup& lookup, const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  lookup.error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  for (const auto* entry = list; entry != nullptr; entry = entry->ai_next) {
    SocketAddress address;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.length = entry->ai_addrlen;
    lookup.addresses.push_back(address);
  }
  if (list != nullptr) ::freeaddrinfo(list);
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(lookup.done.get(), &one, sizeof one);
}

// 0, or what went wrong.
int connect_one(int fd, const SocketAddress& address, Deadline limit, Patience& patience) {
  const auto* where = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(fd, where, address.length) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!patience.wait(fd, POLLOUT, limit)) {
    if (patience.expired()) throw patience.out_of_time();
    return ETIMEDOUT;
  }
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

}  // namespace

std::vector<SocketAddress> resolve(const std::string& host, std::uint16_t port,
                                   Patience& patience) {
  if (auto addresses = literal(host, port); !addresses.empty()) return addresses;
  if (host == "localhost") return {literal("127.0.0.1", port)[0], literal("::1", port)[0]};

  const auto lookup = std::make_shared<Lookup>();
  if (!lookup->done) throw_errno("resolve " + host + ": create eventfd");
  std::thread([lookup, host, port] { look_up(*lookup, host, port); }).detach();
  patience.require(lookup->done.get(), POLLIN);
  // The eventfd's write and this read order what the other thread stored.
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(lookup->done.get(), &count, sizeof count);
  if (lookup->error != 0 || lookup->addresses.empty()) {
    const std::string cause =
        lookup->error != 0 ? ::gai_strerror(lookup->error) : "it has no address";
    throw patience.error(Errc::unavailable, "resolve " + host + ": " + cause);
  }
  return std::move(lookup->addresses);
}

TcpStream TcpStream::connect(const Url& url, std::chrono::milliseconds timeout,
                             Patience& patience) {
  std::string cause;
  for (const auto& address : resolve(url.host(), url.port(), patience)) {
    UniqueFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd && errno == EAFNOSUPPORT) continue;
    if (!fd) throw_errno("connect to " + url.authority() + ": create socket");
    const int one = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const int error = connect_one(fd.get(), address, Deadline::in(timeout), patience);
    if (error == 0) return TcpStream(std::move(fd));
    if (cause.empty()) cause = describe(error);  // the first address is the one meant
  }
  throw patience.error(Errc::unavailable, cause.empty() ? "no usable address" : cause);
}

bool TcpStream::is_quiet() const noexcept {
  char byte = 0;
  const auto got = ::recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

std::size_t TcpStream::read_some(std::span<char> into, Patience& patience) {
  for (;;) {
    const auto got = ::recv(fd_.get(), into.data(), into.size(), 0);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      patience.require(fd_.get(), POLLIN);
    } else if (errno != EINTR) {
      throw patience.error(Errc::unavailable, describe(errno));
    }
  }
}

bool TcpStream::write_all(std::string_view bytes, Patience& patience) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
    patience.require(fd_.get(), POLLOUT | POLLIN);
    if (!is_quiet()) return false;
  }
  return true;
}

}  // namespace roost::net
