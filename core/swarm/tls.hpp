// TLS on links between peers: libtorrent's SSL torrents, with TLS 1.3 and nothing
// less, and a certificate that the torrent's CA signed at both ends. Private to
// core/swarm.
//
// libtorrent makes its contexts itself and lowers their least version to TLS 1.0,
// so the floor comes from OpenSSL's own defaults for new contexts, which hold for
// the whole process: any other TLS in it speaks 1.3 as well. Any thread.
#pragma once

#include <utility>

#include <libtorrent/error_code.hpp>
#include <libtorrent/fwd.hpp>
#include <optional>
#include <string>

#include "core/base/bytes.hpp"
#include "core/swarm/session.hpp"

namespace roost::swarm {

// Before the first context of libtorrent's; again it does nothing. Throws
// Error{failed} when OpenSSL refuses.
void set_tls_floor();

// Hands certificate and key to a torrent that has one CA. Before it is resumed.
void present(libtorrent::torrent_handle& handle, const PeerTls& tls);

// Throws Error{integrity} for a torrent whose links are less guarded than ours, or
// by another CA; Error{usage} for one that needs a certificate where we have none.
void require_admissible(const libtorrent::torrent_info& torrent, const std::optional<PeerTls>& tls);

// How a link ended because of a certificate, or of TLS itself.
enum class TlsVerdict {
  theirs_unsigned,  // the peer's certificate: not our CA's, or expired
  theirs_missing,
  no_tls,        // the peer speaks none, or none that is new enough
  ours_expired,  // the peer says so
  ours_refused,  // the peer doesn't take our certificate
};

// Nothing for errors that say nothing of the kind.
std::optional<TlsVerdict> tls_verdict(const libtorrent::error_code& error);

std::string describe(TlsVerdict verdict, const std::string& peer);
std::string remedy(TlsVerdict verdict);

}  // namespace roost::swarm
