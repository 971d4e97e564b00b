// libtorrent's own sockets, which it hands to nobody, looked up among this
// process's descriptors. Private to core/swarm.
//
// Two things need them. libtorrent 2.0 never sets TCP_NODELAY, and a swarm lives
// on nine-byte messages: a HAVE that waits for the delayed acknowledgement of
// the request before it (40 ms, twice a round) makes a revealing seeder crawl:
// 4 MiB over loopback took 1.15 s instead of 0.03. And whether the uplink idles
// is known only to the kernel's send queues (tcp(7), SIOCOUTQNSD).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/base/endpoint.hpp"

namespace roost::swarm {

// Of the sockets that listen on the port; what they accept inherits the option.
void disable_nagle_on_listeners(std::uint16_t port);
void disable_nagle(int fd);

// The connected socket with these two ends. It belongs to libtorrent, which
// closes it after the peer plug-in heard of the disconnect.
std::optional<int> find_socket(const Endpoint& local, const Endpoint& remote);

// Whether bytes wait to be sent; those on their way do not count.
bool has_unsent(int fd);

// The least round trip that the kernel has seen (tcp(7), TCP_INFO); nothing if it can't tell.
std::optional<std::chrono::microseconds> least_round_trip(int fd);

}  // namespace roost::swarm
