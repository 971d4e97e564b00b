// Who is in which swarm, as announces tell it. Soft state: lost at a restart,
// rebuilt within one announce interval.
//
// Pure: time and randomness are arguments, so a test advances an hour by
// writing `now + 1h`. Only swarms that were added exist. A peer is known by its
// address (nobody can overwrite another's entry), and by its peer id only to
// leave it out of its own answer. Owned by one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/base/deadline.hpp"
#include "tracker/announce.hpp"
#include "tracker/mesh.hpp"
#include "tracker/peer_address.hpp"

namespace roost::tracker {

struct AnnounceTiming {
  std::chrono::seconds interval{30};          // for a small fleet
  std::chrono::seconds longest{1800};         // and never more than this
  std::uint32_t announces_per_second = 1000;  // intervals grow to keep below
  std::chrono::seconds grace{15};             // past two intervals, then a peer is forgotten
};

struct SwarmPeer {
  PeerAddress address;
  PeerId id{};
  bool seed = false;
};

struct SwarmCounts {
  std::uint32_t complete = 0;
  std::uint32_t incomplete = 0;
  std::uint64_t downloaded = 0;  // "completed" events since the tracker started
};

struct AnnounceResult {
  SwarmCounts counts;
  std::chrono::seconds interval{0};  // jittered by up to a tenth
  std::chrono::seconds min_interval{0};
  std::vector<SwarmPeer> peers;  // a uniformly random selection
  bool early = false;            // asked again before min_interval was over, without an event
  Monotonic expires{};           // forgotten then, unless he announces again
};

class SwarmTable {
 public:
  explicit SwarmTable(AnnounceTiming timing = {}) : timing_(timing) {}

  void add(const InfoHash& hash) { swarms_.try_emplace(hash); }
  void remove(const InfoHash& hash);
  bool contains(const InfoHash& hash) const { return swarms_.contains(hash); }

  // Throws Error{not_found} when the swarm was not added. Seeds get no seeds,
  // nobody gets himself or who has missed two announces; `stopped` leaves.
  AnnounceResult announce(const AnnounceRequest& request, const PeerAddress& from, Monotonic now,
                          Rng& rng);

  std::optional<SwarmCounts> scrape(const InfoHash& hash) const;

  // Forgets whoever missed two announces; for swarms nobody announces to any more.
  void expire(Monotonic now);

  std::size_t swarms() const noexcept { return swarms_.size(); }
  std::size_t peers() const noexcept { return peers_; }

 private:
  struct Member {
    SwarmPeer peer;
    Monotonic expires;
    Monotonic due;  // asking again before is early
  };
  // Seeds come first: peers[0, seeds) are seeds, the rest is not. Both parts
  // can then be drawn from without a copy.
  struct Swarm {
    std::vector<Member> members;
    std::size_t seeds = 0;
    std::unordered_map<PeerAddress, std::uint32_t> slots;
    std::uint64_t downloaded = 0;
    Monotonic next_expiry = Monotonic::max();  // no member expires before
    Monotonic last_sweep = Monotonic::min();
  };

  std::chrono::seconds current_interval() const noexcept;
  void upsert(Swarm& swarm, const Member& member);
  void erase(Swarm& swarm, std::uint32_t slot);
  static void swap_members(Swarm& swarm, std::size_t a, std::size_t b);
  void sweep(Swarm& swarm, Monotonic now);
  void sweep_if_due(Swarm& swarm, Monotonic now);

  AnnounceTiming timing_;
  std::unordered_map<InfoHash, Swarm> swarms_;
  std::size_t peers_ = 0;
};

}  // namespace roost::tracker
