// Which piece the origin of a release shows to which peer, and when.
//
// A plain seeder lets every peer choose; peers can't see what others have
// requested, so the same pieces leave it several times before the last one
// leaves once, and the last node waits for that one. A revealing seeder shows
// each fetching peer a few pieces at a time, the one least claimed first. A
// claim is a peer that has the piece, or was shown it and is still expected to
// get it. Once the swarm holds every piece, all is revealed to everybody.
//
// It opens like TCP's slow start (RFC 5681): a few pieces in all, and with each
// that is confirmed one more at a time. Many at once would share the uplink, and
// the first of them would be whole only when nearly all are.
//
// Pure: no clock, no I/O, deterministic. One thread. Keys are the caller's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "core/base/deadline.hpp"
#include "core/swarm/parts.hpp"
#include "core/swarm/transfer.hpp"

namespace roost::swarm {

struct RevealingOptions {
  unsigned window = 2;       // pieces shown to a peer and not yet confirmed, at the start
  unsigned max_window = 16;  // what starved() may raise it to
  unsigned opening = 4;      // pieces shown in all before the first is confirmed,
  unsigned flight = 32;      // and how many they become, unless the uplink runs dry
  std::uint32_t start = 0;   // the piece to begin with; several origins choose different ones
  unsigned max_served = 8;   // peers shown everything at one time, once the swarm has it
  unsigned max_fed = 64;     // peers shown pieces at one time; the others get them from these
  bool again = true;         // shows a piece elsewhere when a peer sits on it
  std::chrono::milliseconds min_patience{2000};   // silence that makes a claim void,
  std::chrono::milliseconds max_patience{60000};  // stretched to what the uplink allows
};

RevealingOptions revealing_options(const Parts& without);

class RevealingStrategy {
 public:
  using Key = std::uint64_t;

  enum class PeerKind {
    revealing,  // sees what is revealed to it
    plain,      // sees everything from the start; its progress counts all the same
  };

  struct Reveal {
    Key peer;
    std::optional<std::uint32_t> piece;  // empty: everything
    bool operator==(const Reveal&) const = default;
  };

  using Options = RevealingOptions;
  explicit RevealingStrategy(std::uint32_t pieces, const Options& options = {});

  // What happened. `have` is the peer's bit field; empty means nothing.
  void joined(Key peer, PeerKind kind, const Bitmap& have, Monotonic now);
  void left(Key peer);
  void has(Key peer, std::uint32_t piece, Monotonic now);
  void has_all(Key peer, Monotonic now);
  void sent(Key peer, Monotonic now);  // bytes of a piece left for it: it is alive
  void starved(Monotonic now);         // the uplink ran dry although pieces are due

  // What to reveal now. Call it after every event, and about once a second for timeouts.
  std::vector<Reveal> step(Monotonic now);

  bool open() const noexcept { return open_; }  // the swarm held every piece once
  unsigned window() const noexcept { return window_; }
  std::uint32_t claims(std::uint32_t piece) const { return holders_[piece] + expected_[piece]; }

 private:
  struct Claim {
    std::uint32_t piece;
    Monotonic since;
    bool hedged;  // shown to another peer as well, because it takes long
  };
  struct Peer {
    PeerKind kind;
    Bitmap have;
    Bitmap shown;
    std::vector<Claim> claims;
    std::uint32_t missing;
    std::uint32_t fed;  // pieces that it was shown
    Monotonic last_sign;
    Monotonic last_sent;  // bytes of ours
    bool told_all = false;
    bool sits = false;  // did not take what it was shown; gets one piece at a time until it does
    std::uint64_t order;
  };

  void release(Peer& peer);
  void note_gap(Peer& peer, Monotonic now);
  bool claimed_by(const Peer& peer, std::uint32_t piece) const;
  void confirm(Peer& peer, std::uint32_t piece, Monotonic now);
  void void_silent_claims(Monotonic now);
  void show_all(Monotonic now, std::vector<Reveal>& out);
  std::vector<Key> fed() const;
  std::optional<std::uint32_t> unclaimed(const Peer& peer);
  std::uint32_t somewhere_in_longest_unclaimed_run();
  std::optional<std::uint32_t> choose(const Peer& peer, Monotonic now);
  void show(Peer& peer, Key key, std::uint32_t piece, Monotonic now, std::vector<Reveal>& out);
  void mark_hedged(std::uint32_t piece);
  void drop_from(std::vector<std::uint32_t>& counts, std::uint32_t piece);
  Monotonic::duration patience() const;
  bool overdue(std::uint32_t piece, Monotonic now) const;

  Options options_;
  std::map<Key, Peer> peers_;
  std::vector<std::uint32_t> holders_;   // present peers that have the piece
  std::vector<std::uint32_t> expected_;  // present peers that were shown it and still owe it
  std::uint32_t unheld_;                 // pieces that nobody holds
  std::uint32_t cursor_ = 0;             // no unclaimed piece lies before it
  std::uint32_t next_;                   // where to go on among the unclaimed
  bool crowded_ = false;                 // another origin is at work where we are
  std::minstd_rand places_;              // seeded by the start: origins must not agree
  unsigned window_;
  std::uint64_t in_flight_ = 0;  // claims of all peers
  std::uint64_t opening_;        // how many there may be
  std::uint64_t flight_;         // what that grows to by itself
  std::uint64_t next_order_ = 0;
  Monotonic last_growth_ = Monotonic::min();
  Monotonic::duration gap_{0};      // mean time between signs of life of a fed peer
  Monotonic::duration confirm_{0};  // mean time from reveal to have
  bool open_ = false;
};

}  // namespace roost::swarm
