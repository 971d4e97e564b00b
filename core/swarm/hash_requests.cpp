#include "core/swarm/hash_requests.hpp"

#include <utility>

#include <libtorrent/peer_connection.hpp>
#include <libtorrent/torrent_peer.hpp>

namespace roost::swarm {
namespace {

// What it was before.
bool mark_version_2(const libtorrent::peer_connection_handle& connection, bool speaks) {
  const auto peer = connection.native_handle();
  if (peer == nullptr || peer->peer_info_struct() == nullptr) return false;
  const bool before = peer->peer_info_struct()->protocol_v2;
  peer->peer_info_struct()->protocol_v2 = speaks;
  return before;
}

}  // namespace

bool forbid_hash_requests(const libtorrent::peer_connection_handle& connection) {
  return mark_version_2(connection, false);
}

void restore_hash_requests(const libtorrent::peer_connection_handle& connection) {
  mark_version_2(connection, true);
}

}  // namespace roost::swarm
