// One release file that this process fetches, or already has, and shares with
// its swarm. Made by Session::add().
//
// Destroying a Transfer leaves the swarm, keeps the file, and returns only when
// no callback of its listener runs or will run; so it must not be destroyed
// inside one. All calls are thread-safe. Pieces are verified against the
// torrent's SHA-256 Merkle tree (BEP 52) before anybody hears of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/endpoint.hpp"
#include "core/base/error.hpp"
#include "core/swarm/waiting.hpp"

namespace roost::swarm {

// One bit a piece, or one a 16 KiB block of a piece.
using Bitmap = std::vector<bool>;

// A peer to dial. A wrong hint costs nothing but order.
struct Neighbour {
  Endpoint endpoint;
  bool seeder = false;
};

struct TransferLimits {
  std::uint64_t upload = 0;    // bytes a second; 0 is unlimited
  std::uint64_t download = 0;  // bytes a second; 0 is unlimited
};

struct TransferOptions {
  std::filesystem::path file;  // absolute; this very file, whatever the torrent calls it
  std::string announce_url;    // empty: lives by neighbours and incoming peers alone
  Bitmap have;                 // verified pieces, trusted as they are; empty: none
  bool complete = false;       // every piece is verified, as if `have` were all ones
  std::map<std::uint32_t, Bitmap> unfinished;  // piece -> blocks of it already in the file
  Bitmap wanted;        // the only pieces that are fetched, whatever the zone; empty: all
  bool origin = false;  // seed by revealing: each distinct piece leaves once first
  std::vector<Neighbour> neighbours;
  TransferLimits limits;
};

enum class ProblemKind {
  disk_full,     // fetching stops; Transfer::resume() tries again
  file,          // the file can't be read or written; fetching stops, resume() tries again
  tracker,       // the tracker refused or is away; the swarm goes on without it
  refused_peer,  // TLS: a certificate, ours or a peer's, was not accepted; once for each cause
  corrupt_peer,  // a peer sent data that fails its hash; fetched again elsewhere
};

struct Problem {
  ProblemKind kind;
  Error error;
  bool stops() const noexcept {
    return kind == ProblemKind::disk_full || kind == ProblemKind::file;
  }
};

// Called on the session's one swarm thread, perhaps before Session::add() has
// returned; must not block for long (another transfer's pieces wait) nor throw.
// The transfer's own calls are allowed.
class TransferListener {
 public:
  virtual ~TransferListener() = default;

  // The piece is verified and its bytes can be read from the file through any
  // descriptor. Once for each piece that TransferOptions didn't list, in no order.
  virtual void on_piece(std::uint32_t /*piece*/) {}

  // Every wanted piece is there; after the last on_piece. Once, also for a transfer added so.
  virtual void on_complete() {}

  virtual void on_problem(const Problem& /*problem*/) {}
};

enum class TransferState {
  fetching,
  complete,  // everything that is wanted is here; shares it
  paused,    // by pause()
  stopped,   // by a problem that stops(); resume() tries again
};

struct TransferStats {
  TransferState state = TransferState::fetching;
  std::uint64_t bytes_origin = 0;     // payload received from origins
  std::uint64_t bytes_peers = 0;      // payload received from everybody else
  std::uint64_t bytes_uploaded = 0;   // payload sent
  std::uint64_t bytes_redundant = 0;  // received twice, or unasked for
  std::uint64_t bytes_failed = 0;     // received, but failed the hash
  std::uint32_t pieces_have = 0;
  std::uint32_t pieces_total = 0;
  std::uint32_t pieces_failed = 0;  // hash checks that failed
  std::uint32_t peers = 0;          // connected
  std::uint32_t seeds = 0;          // of those, with every piece
  std::uint64_t download_rate = 0;  // payload, bytes a second
  std::uint64_t upload_rate = 0;    // payload, bytes a second
  std::string stall_reason;  // why nothing arrives; empty when it does, or nothing is missing
};

struct PeerInfo {
  Endpoint endpoint;
  std::string client;  // what it calls itself; untrusted text, made printable
  std::string node;    // which node it says it is; likewise
  bool connected = false;
  bool origin = false;   // said so in its hand-shake
  bool reveals = false;  // understands revealing, as this transfer does
  bool choked = false;   // it does not serve us just now
  std::uint32_t pieces = 0;
  std::uint64_t bytes_from = 0;
  std::uint64_t bytes_to = 0;
  std::uint64_t download_rate = 0;
  std::uint64_t upload_rate = 0;
};

class Transfer {
 public:
  struct Impl;
  explicit Transfer(std::unique_ptr<Impl> impl);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  TransferStats stats() const;
  Waiting waiting() const;
  std::vector<PeerInfo> peers() const;

  // Verified pieces; what TransferOptions::have takes after a restart.
  Bitmap have() const;

  // Dials at once. An endpoint that is already connected, or this process's own, is ignored.
  void connect(const Neighbour& neighbour);

  // Announces to this tracker, at once and from now on: for a swarm that the tracker only
  // learns of after its first member was ready.
  void announce(const std::string& url);

  // Announces now, before it is due: what was found so far is of no use.
  void seek_peers();

  // Full copies among the connected peers, this process not counted: how often
  // the rarest piece is there, plus the share of the pieces that are there more often.
  double distributed_copies() const;

  void pause();   // drops its connections
  void resume();  // after pause(), or after a problem that stops
  void set_limits(const TransferLimits& limits);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace roost::swarm
