#include "core/swarm/listen.hpp"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <sys/socket.h>

#include <libtorrent/alert_types.hpp>
#include <libtorrent/ip_filter.hpp>
#include <libtorrent/posix_disk_io.hpp>
#include <libtorrent/session_params.hpp>

#include "core/base/deadline.hpp"
#include "core/base/fd.hpp"
#include "core/swarm/disk/disk_io.hpp"
#include "core/swarm/profile.hpp"
#include "core/swarm/sockets.hpp"

namespace roost::swarm {
namespace lt = libtorrent;
namespace {

// libtorrent opens one socket for every local address behind 0.0.0.0, each with
// a port of its own when asked for port 0. So the port is found beforehand.
std::uint16_t free_port(const Endpoint& any) {
  const bool v6 = any.address.find(':') != std::string::npos;
  const UniqueFd fd(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) throw_errno("open socket");
  sockaddr_storage storage{};
  storage.ss_family = v6 ? AF_INET6 : AF_INET;
  socklen_t size = v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (::bind(fd.get(), address, size) != 0 || ::getsockname(fd.get(), address, &size) != 0) {
    throw_errno(fmt::format("listen on {}", any.str()));
  }
  return ntohs(v6 ? reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port
                  : reinterpret_cast<sockaddr_in*>(&storage)->sin_port);
}

// Every address belongs to the global class, so that caps hold on private and
// loopback addresses too; by default those are exempt.
void count_every_address(lt::session& session) {
  const std::uint32_t global = 1U << static_cast<std::uint32_t>(lt::session::global_peer_class_id);
  lt::ip_filter filter;
  filter.add_rule(lt::make_address("0.0.0.0"), lt::make_address("255.255.255.255"), global);
  filter.add_rule(lt::make_address("::"),
                  lt::make_address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), global);
  session.set_peer_class_filter(filter);
}

[[noreturn]] void throw_listen(const Endpoint& endpoint, const lt::error_code& error) {
  const bool busy = error == boost::system::errc::address_in_use;
  throw Error(busy ? Errc::conflict : Errc::failed,
              fmt::format("listen on {}: {}", endpoint.str(), error.message()),
              busy ? "another process has this port; choose another, or 0 for any" : "");
}

// The verdict on listening comes as alerts. Empty local address: not there yet.
Endpoint await_listening(lt::session& session, const Endpoint& wanted) {
  const auto deadline = Deadline::in(std::chrono::seconds(5));
  while (!deadline.expired()) {
    if (session.wait_for_alert(deadline.remaining(std::chrono::seconds(1))) == nullptr) continue;
    std::vector<lt::alert*> alerts;
    session.pop_alerts(&alerts);
    std::uint16_t port = 0;
    for (const lt::alert* alert : alerts) {
      if (const auto* failed = lt::alert_cast<lt::listen_failed_alert>(alert)) {
        throw_listen(wanted, failed->error);
      }
      const auto* good = lt::alert_cast<lt::listen_succeeded_alert>(alert);
      if (good != nullptr && (good->socket_type == lt::socket_type_t::tcp ||
                              good->socket_type == lt::socket_type_t::tcp_ssl)) {
        port = static_cast<std::uint16_t>(good->port);
      }
    }
    if (port != 0) return {wanted.address, port};
  }
  throw Error(Errc::failed, fmt::format("listen on {}: no answer from libtorrent", wanted.str()));
}

}  // namespace

Listening start_listening(const SessionConfig& config) {
  constexpr int kAttempts = 5;  // a port that was free may be taken in between, as TCP or as UDP
  for (int attempt = 1;; ++attempt) {
    SessionConfig actual = config;
    if (config.listen.port == 0 && config.listen.is_any()) {
      actual.listen.port = free_port(config.listen);
    }
    lt::session_params params(datacentre_profile(actual));
    params.extensions.clear();  // no PEX, no metadata exchange, no smart_ban
    // Of libtorrent's it is the one whose verified pieces are in the file at once.
    params.disk_io_constructor = config.without.contains(Part::disk_back_end)
                                     ? &lt::posix_disk_io_constructor
                                     : &make_disk_io;
    auto session = std::make_unique<lt::session>(std::move(params));
    try {
      const Endpoint local = await_listening(*session, actual.listen);
      count_every_address(*session);
      if (!config.without.contains(Part::no_delay)) disable_nagle_on_listeners(local.port);
      return {std::move(session), local};
    } catch (const Error& error) {
      if (config.listen.port != 0 || error.code() != Errc::conflict || attempt == kAttempts) throw;
    }
  }
}

}  // namespace roost::swarm
