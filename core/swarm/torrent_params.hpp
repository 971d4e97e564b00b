// From a .torrent and TransferOptions to what libtorrent is given. Private to
// core/swarm. Throws as Session::add() says.
#pragma once

#include <libtorrent/fwd.hpp>

#include "core/base/bytes.hpp"
#include "core/swarm/transfer.hpp"

namespace roost::swarm {

libtorrent::add_torrent_params torrent_params(BytesView torrent, const TransferOptions& options);

}  // namespace roost::swarm
