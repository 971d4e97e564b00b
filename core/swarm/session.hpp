// The BitTorrent side of one process: one listening address, one set of limits,
// any number of transfers.
//
// Private by construction: no DHT, PEX, local discovery, port mapping or uTP;
// peers come from neighbours, from incoming connections and from the announce
// URL of a transfer. Thread-safe. The session ends with its last transfer; that
// takes well under a second whatever the network does. A process that
// holds several sessions (tests do) gives each its own threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/endpoint.hpp"
#include "core/swarm/parts.hpp"
#include "core/swarm/transfer.hpp"

namespace roost::swarm {

// What a peer shows on TLS links, and whom it talks to: both ends have a certificate
// that the CA signed for the name `*`. PEM, checked beforehand (core/crypto/certificates.hpp);
// the CA's as certificate_pem() writes it.
struct PeerTls {
  std::string ca;
  std::string cert;
  std::string key;
};

struct SessionConfig {
  Endpoint listen{"0.0.0.0", 0};
  // For NAT and several addresses: foreign trackers hear the address (libtorrent
  // announces no other port than its own), peers that we dial hear the port.
  std::optional<Endpoint> advertise;
  std::uint64_t upload_limit = 0;  // bytes a second over all transfers, loopback included; 0: none
  std::uint64_t download_limit = 0;  // likewise
  std::uint8_t dscp = 0;             // 0 to 63, of every outgoing packet (RFC 2474)
  std::string node;            // told to peers in the hand-shake, for their logs; may be empty
  std::string zone;            // likewise; from peers of others it takes only what its own lacks
  std::optional<PeerTls> tls;  // every link is TLS 1.3, and every torrent must ask for it
  Parts without;               // to measure what they are worth
};

class Session {
 public:
  // Listens before it returns. Throws Error{conflict} naming the address when it
  // is in use, Error{failed} when it can't be bound for another cause.
  explicit Session(const SessionConfig& config);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Throws as add() does for a torrent that is none, or whose links are less guarded than
  // this session's: without TLS or of another CA (Error{integrity}); Error{usage} for
  // one that needs a certificate where this session has none.
  void admit(BytesView torrent) const;

  // The address it listens on, with the real port.
  Endpoint local_endpoint() const;

  // `torrent` is a private single-file .torrent, v2 or hybrid, with its piece
  // layer; check its signature before: libtorrent parses it. The listener
  // outlives the transfer. Throws Error{integrity} for a torrent that is none or
  // of another kind, and as admit() does; Error{conflict} for one that is already here,
  // Error{usage} for options that don't fit it.
  std::unique_ptr<Transfer> add(BytesView torrent, const TransferOptions& options,
                                TransferListener& listener);

  void set_limits(const TransferLimits& limits);

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace roost::swarm
