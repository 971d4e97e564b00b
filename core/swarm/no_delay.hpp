// Turns Nagle's algorithm off on libtorrent's sockets. Private to core/swarm.
//
// libtorrent 2.0 never sets TCP_NODELAY and hands out no socket. A swarm lives on
// nine-byte messages: a HAVE that waits for the delayed acknowledgement of the
// request before it (40 ms, twice a round) turns a revealing seeder into a
// crawl: 4 MiB over loopback took 1.15 s. So the sockets are looked up among
// this process's own descriptors.
#pragma once

#include <cstdint>

#include "core/base/endpoint.hpp"

namespace roost::swarm {

// Sockets that listen on the port; what they accept inherits the option.
// Returns how many were found.
int disable_nagle_on_listeners(std::uint16_t port);

// The connected socket with these two ends; false if there is none.
bool disable_nagle(const Endpoint& local, const Endpoint& remote);

}  // namespace roost::swarm
