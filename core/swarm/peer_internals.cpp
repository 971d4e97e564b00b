#include "core/swarm/peer_internals.hpp"

#include <utility>

#include <libtorrent/peer_connection.hpp>
#include <libtorrent/stat.hpp>

namespace roost::swarm {
namespace {

// get_context() is protected. Never made: a name through which it may be named.
struct Opened : libtorrent::peer_connection {
  static constexpr auto context() { return &Opened::get_context; }
};

}  // namespace

std::int64_t payload_received(const libtorrent::peer_connection_handle& connection) {
  const auto peer = connection.native_handle();
  return peer == nullptr ? 0 : peer->statistics().total_payload_download();
}

libtorrent::io_context* network_context(const libtorrent::peer_connection_handle& connection) {
  const auto peer = connection.native_handle();
  return peer == nullptr ? nullptr : &((*peer).*Opened::context())();
}

void let_pick(const libtorrent::peer_connection_handle& connection, bool allowed) {
  if (const auto peer = connection.native_handle()) peer->no_download(!allowed);
}

}  // namespace roost::swarm
