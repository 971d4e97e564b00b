// From a .torrent and TransferOptions to what libtorrent is given. Private to
// core/swarm. Throws as Session::add() says.
#pragma once

#include <libtorrent/fwd.hpp>
#include <memory>

#include "core/base/bytes.hpp"
#include "core/swarm/transfer.hpp"

namespace roost::swarm {

// Refuses what is no private v2 torrent of one file.
std::shared_ptr<libtorrent::torrent_info> parse_torrent(BytesView torrent);

libtorrent::add_torrent_params torrent_params(BytesView torrent, const TransferOptions& options);

}  // namespace roost::swarm
