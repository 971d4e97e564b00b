#include "tracker/swarm_table.hpp"

#include <algorithm>

#include "core/base/error.hpp"

namespace roost::tracker {
namespace {

using std::chrono::seconds;

constexpr seconds kSweepEvery{1};

std::uint64_t below(std::uint64_t bound, Rng& rng) {
  return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(rng);
}

// The library has no jitter of its own: without this a fleet that was started
// together announces together for ever.
seconds jittered(seconds interval, Rng& rng) {
  const auto spread = static_cast<std::uint64_t>(interval.count() / 10);
  if (spread == 0) return interval;
  const auto offset = static_cast<std::int64_t>(below(2 * spread + 1, rng));
  return interval + seconds(offset - static_cast<std::int64_t>(spread));
}

}  // namespace

seconds SwarmTable::current_interval() const noexcept {
  const seconds needed(peers_ / std::max<std::uint32_t>(1, timing_.announces_per_second));
  const seconds least = std::max(seconds(1), timing_.interval);
  return std::clamp(needed, least, std::max(least, timing_.longest));
}

void SwarmTable::remove(const InfoHash& hash) {
  const auto found = swarms_.find(hash);
  if (found == swarms_.end()) return;
  peers_ -= found->second.members.size();
  swarms_.erase(found);
}

AnnounceResult SwarmTable::announce(const AnnounceRequest& request, const PeerAddress& from,
                                    Monotonic now, Rng& rng) {
  const auto found = swarms_.find(request.info_hash);
  if (found == swarms_.end()) {
    throw Error(Errc::not_found, "this tracker has no release with that info_hash");
  }
  Swarm& swarm = found->second;
  sweep_if_due(swarm, now);

  AnnounceResult result;
  result.interval = jittered(current_interval(), rng);
  result.min_interval = result.interval / 2;
  const bool seed = request.left == 0;
  const auto own = swarm.slots.find(from);
  if (request.event == AnnounceEvent::stopped) {
    if (own != swarm.slots.end()) erase(swarm, own->second);
  } else {
    // Counted once a peer: a repeated "completed" finds a seed.
    const bool was_seed = own != swarm.slots.end() && own->second < swarm.seeds;
    if (request.event == AnnounceEvent::completed && !was_seed) ++swarm.downloaded;
    result.early = request.event == AnnounceEvent::none && own != swarm.slots.end() &&
                   now < swarm.members[own->second].due;
    result.expires = now + 2 * result.interval + timing_.grace;
    upsert(swarm, {{from, request.peer_id, seed}, result.expires, now + result.min_interval});
  }
  result.counts = *scrape(request.info_hash);
  if (request.event == AnnounceEvent::stopped || request.want == 0) return result;

  // Not himself, and no seeds for a seed. One more is drawn for the place that
  // the requester himself may take.
  const std::size_t first = seed ? swarm.seeds : 0;
  const auto drawn = choose(swarm.members.size() - first, std::size_t{request.want} + 1, rng);
  result.peers.reserve(drawn.size());
  for (const auto index : drawn) {
    const auto& peer = swarm.members[first + index].peer;
    if (peer.id == request.peer_id) continue;  // himself, under this address or his other one
    if (result.peers.size() < request.want) result.peers.push_back(peer);
  }
  return result;
}

std::optional<SwarmCounts> SwarmTable::scrape(const InfoHash& hash) const {
  const auto found = swarms_.find(hash);
  if (found == swarms_.end()) return std::nullopt;
  const Swarm& swarm = found->second;
  return SwarmCounts{static_cast<std::uint32_t>(swarm.seeds),
                     static_cast<std::uint32_t>(swarm.members.size() - swarm.seeds),
                     swarm.downloaded};
}

void SwarmTable::expire(Monotonic now) {
  for (auto& [hash, swarm] : swarms_) sweep_if_due(swarm, now);
}

void SwarmTable::swap_members(Swarm& swarm, std::size_t a, std::size_t b) {
  if (a == b) return;
  std::swap(swarm.members[a], swarm.members[b]);
  swarm.slots[swarm.members[a].peer.address] = static_cast<std::uint32_t>(a);
  swarm.slots[swarm.members[b].peer.address] = static_cast<std::uint32_t>(b);
}

void SwarmTable::upsert(Swarm& swarm, const Member& member) {
  const auto& peer = member.peer;
  const auto [entry, fresh] =
      swarm.slots.try_emplace(peer.address, static_cast<std::uint32_t>(swarm.members.size()));
  std::size_t slot = entry->second;
  if (fresh) {
    swarm.members.push_back(member);
    ++peers_;
  } else {
    swarm.members[slot] = member;
  }
  swarm.next_expiry = std::min(swarm.next_expiry, member.expires);
  const bool was_seed = slot < swarm.seeds;
  if (peer.seed && !was_seed) {
    swap_members(swarm, slot, swarm.seeds++);
  } else if (!peer.seed && was_seed) {
    swap_members(swarm, slot, --swarm.seeds);
  }
}

void SwarmTable::erase(Swarm& swarm, std::uint32_t slot) {
  std::size_t hole = slot;
  if (hole < swarm.seeds) {
    swap_members(swarm, hole, --swarm.seeds);
    hole = swarm.seeds;
  }
  swap_members(swarm, hole, swarm.members.size() - 1);
  swarm.slots.erase(swarm.members.back().peer.address);
  swarm.members.pop_back();
  --peers_;
}

// At most once a second for one swarm, or a steady trickle of deaths in a large
// one would cost a pass each.
void SwarmTable::sweep_if_due(Swarm& swarm, Monotonic now) {
  if (now < swarm.next_expiry) return;
  if (swarm.last_sweep != Monotonic::min() && now - swarm.last_sweep < kSweepEvery) return;
  sweep(swarm, now);
}

void SwarmTable::sweep(Swarm& swarm, Monotonic now) {
  swarm.last_sweep = now;
  swarm.next_expiry = Monotonic::max();
  for (std::size_t slot = swarm.members.size(); slot-- > 0;) {
    if (swarm.members[slot].expires <= now) {
      erase(swarm, static_cast<std::uint32_t>(slot));
    } else {
      swarm.next_expiry = std::min(swarm.next_expiry, swarm.members[slot].expires);
    }
  }
}

}  // namespace roost::tracker
