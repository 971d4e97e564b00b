#include "core/net/listener.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "core/base/error.hpp"

namespace roost::net {
namespace {

constexpr int kBacklog = 4096;  // a fleet reconnects at once when its tracker comes back

struct Name {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);
  sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
};

Name to_name(const Endpoint& where) {
  Name name;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET, where.address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(where.port);
    name.length = sizeof v4;
    std::memcpy(&name.storage, &v4, sizeof v4);
  } else if (::inet_pton(AF_INET6, where.address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(where.port);
    name.length = sizeof v6;
    std::memcpy(&name.storage, &v6, sizeof v6);
  } else {
    throw Error(Errc::usage, "listen on " + where.str() + ": not an IP address");
  }
  return name;
}

Endpoint to_endpoint(const Name& name) {
  char text[INET6_ADDRSTRLEN] = {};
  if (name.storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &name.storage, sizeof v4);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return {text, ntohs(v4.sin_port)};
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &name.storage, sizeof v6);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof text);
  } else {
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  }
  return {text, ntohs(v6.sin6_port)};
}

[[noreturn]] void fail(const Endpoint& where, int code) {
  const std::string what = "listen on " + where.str();
  const std::string text = what + ": " + std::generic_category().message(code);
  switch (code) {
    case EADDRINUSE:
      throw Error(Errc::conflict, text,
                  "stop the program that has the port, or choose another with --listen");
    case EADDRNOTAVAIL:
      throw Error(Errc::usage, text, "choose an address of this machine with --listen");
    case EACCES:
      throw Error(Errc::not_authorised, text, "ports below 1024 need a privilege; choose another");
    default:
      throw_errno(code, what);
  }
}

}  // namespace

UniqueFd open_listener(const Endpoint& where) {
  Name name = to_name(where);
  UniqueFd fd(::socket(name.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) fail(where, errno);
  const int one = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (::bind(fd.get(), name.get(), name.length) != 0) fail(where, errno);
  if (::listen(fd.get(), kBacklog) != 0) fail(where, errno);
  return fd;
}

Endpoint local_endpoint_of(int fd) {
  Name name;
  if (::getsockname(fd, name.get(), &name.length) != 0) throw_errno("read socket's address");
  return to_endpoint(name);
}

Accepted accept_from(int listener) {
  Name name;
  Accepted out;
  out.fd.reset(::accept4(listener, name.get(), &name.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!out.fd) {
    out.error = errno;
    return out;
  }
  const auto set = [&](int level, int name_of_option, int value) {
    ::setsockopt(out.fd.get(), level, name_of_option, &value, sizeof value);
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  // A machine that vanished says nothing: find out within a minute, whether we
  // wait for it to take bytes or to speak (tcp(7)).
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 45000);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
  out.remote = to_endpoint(name);
  return out;
}

}  // namespace roost::net
