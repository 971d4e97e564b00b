// Keeps libtorrent from asking a peer for the block hashes of a piece that failed.
//
// libtorrent 2.0.8 asks for them, and if the peer declines (BEP 52 "hash reject", as a
// peer does that knows piece layers only) it writes beyond the end of a vector
// (hash_picker::hashes_rejected, mended upstream in ca4e621c2): any peer could damage our
// heap. It asks only peers that it takes for speakers of version 2. Our torrents carry
// their piece layers, so nothing else is ever asked for. Network thread. Private to
// core/swarm.
#pragma once

#include <libtorrent/peer_connection_handle.hpp>

namespace roost::swarm {

// From the hand-shake on, before its first message, since libtorrent asks right after it, and
// not earlier, since the hand-shake's info-hash depends on the mark. A hash message from such a
// peer ends the connection. True if the peer passed for a speaker of version 2 so far.
bool forbid_hash_requests(const libtorrent::peer_connection_handle& connection);

// When the connection has ended, where that was true: libtorrent looks at the mark when it dials
// the peer again.
void restore_hash_requests(const libtorrent::peer_connection_handle& connection);

}  // namespace roost::swarm
