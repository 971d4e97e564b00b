// A client's TCP connection: non-blocking underneath, blocking to its caller
// within a Patience. Private to core/net; one thread at a time.
//
// Throws Error{unavailable} for what the other side or the network does, and
// what Patience throws. Descriptors are close-on-exec.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/fd.hpp"
#include "core/net/patience.hpp"
#include "core/net/url.hpp"

namespace roost::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

// An address literal, localhost (127.0.0.1, then ::1) or what the resolver
// says. A resolver can't be cancelled: it runs on a thread that is left behind
// when patience ends first.
std::vector<SocketAddress> resolve(const std::string& host, std::uint16_t port, Patience& patience);

class TcpStream {
 public:
  TcpStream() = default;

  // Tries each address of the URL's host in turn.
  static TcpStream connect(const Url& url, std::chrono::milliseconds timeout, Patience& patience);

  bool is_open() const noexcept { return static_cast<bool>(fd_); }
  int fd() const noexcept { return fd_.get(); }
  void close() noexcept { fd_.reset(); }

  // False once the other side has closed, or sent what nobody asked for.
  bool is_quiet() const noexcept;

  // What is there, waiting for at least a byte; 0 at the end.
  std::size_t read_some(std::span<char> into, Patience& patience);

  // False if the other side broke off or answered before it had everything.
  bool write_all(std::string_view bytes, Patience& patience);

 private:
  explicit TcpStream(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace roost::net
