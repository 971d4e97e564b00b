#include "core/swarm/sockets.hpp"

#include <arpa/inet.h>
#include <dirent.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstdlib>
#include <memory>
#include <optional>

namespace roost::swarm {
namespace {

std::optional<Endpoint> endpoint_of(int fd, decltype(::getsockname)* get) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (get(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return std::nullopt;
  char text[INET6_ADDRSTRLEN] = {};
  if (storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&storage);
    ::inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    return Endpoint{text, ntohs(v4->sin_port)};
  }
  if (storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&storage);
    ::inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
    return Endpoint{text, ntohs(v6->sin6_port)};
  }
  return std::nullopt;
}

int option(int fd, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

// Calls f(fd) for every open descriptor until it returns true.
template <class F>
bool find_descriptor(F&& f) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir("/proc/self/fd"), &::closedir);
  if (!dir) return false;
  while (const dirent* entry = ::readdir(dir.get())) {
    if (entry->d_name[0] == '.') continue;
    if (f(std::atoi(entry->d_name))) return true;
  }
  return false;
}

}  // namespace

void disable_nagle(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void disable_nagle_on_listeners(std::uint16_t port) {
  find_descriptor([port](int fd) {
    if (option(fd, SO_TYPE) != SOCK_STREAM || option(fd, SO_ACCEPTCONN) != 1) return false;
    const auto local = endpoint_of(fd, &::getsockname);
    if (local && local->port == port) disable_nagle(fd);
    return false;
  });
}

std::optional<int> find_socket(const Endpoint& local, const Endpoint& remote) {
  std::optional<int> found;
  find_descriptor([&](int fd) {
    if (endpoint_of(fd, &::getpeername) != remote) return false;
    if (endpoint_of(fd, &::getsockname) != local) return false;
    found = fd;
    return true;
  });
  return found;
}

bool has_unsent(int fd) {
  int bytes = 0;
  return ::ioctl(fd, SIOCOUTQNSD, &bytes) == 0 && bytes > 0;
}

std::optional<std::chrono::microseconds> least_round_trip(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  // All ones until there was a sample.
  if (info.tcpi_min_rtt == ~0U) return std::nullopt;
  return std::chrono::microseconds(info.tcpi_min_rtt);
}

}  // namespace roost::swarm
