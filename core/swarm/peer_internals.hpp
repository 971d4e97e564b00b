// What libtorrent knows of a connection, or lets it do, only through its own types. All are
// inline members of its installed headers: the library exports none. Network thread.
// Private to core/swarm.
#pragma once

#include <cstdint>
#include <libtorrent/io_context.hpp>
#include <libtorrent/peer_connection_handle.hpp>

namespace roost::swarm {

// Payload that came over it, that of unfinished blocks included.
std::int64_t payload_received(const libtorrent::peer_connection_handle& connection);

// That of the network thread; null if the connection is gone.
libtorrent::io_context* network_context(const libtorrent::peer_connection_handle& connection);

// Whether libtorrent may pick something to ask of it; what it was asked stays asked.
void let_pick(const libtorrent::peer_connection_handle& connection, bool allowed);

}  // namespace roost::swarm
