#include "tracker/introducer.hpp"

#include <algorithm>
#include <functional>

namespace roost::tracker {
namespace {

// Members of the swarm that a broadcast adds to each node's graph neighbours:
// after a promotion they are who has the release already.
constexpr std::size_t kAnnouncedEach = 4;
constexpr std::size_t kAnnouncedPool = 64;

class Guests {
 public:
  Guests(const PeerAddress& self, const PeerAddress& seeder) : self_(self) { add(seeder, true); }

  void add(const PeerAddress& address, bool seeder) {
    if (!address.usable() || address == self_) return;
    if (std::find(taken_.begin(), taken_.end(), address) != taken_.end()) return;
    taken_.push_back(address);
    list_.push_back({address.endpoint(), seeder});
  }

  std::size_t size() const noexcept { return list_.size(); }
  std::vector<proto::Neighbour> take() { return std::move(list_); }

 private:
  PeerAddress self_;
  std::vector<PeerAddress> taken_;
  std::vector<proto::Neighbour> list_;
};

std::vector<PeerAddress> live_members(const std::vector<Node*>& followers, const NodeTable& nodes,
                                      Monotonic now,
                                      std::unordered_map<std::string, std::uint32_t>& numbers) {
  std::vector<PeerAddress> members;
  for (const Node* node : followers) {
    if (!node->address.usable() || !nodes.live(*node, now)) continue;
    numbers.emplace(node->id, static_cast<std::uint32_t>(members.size()));
    members.push_back(node->address);
  }
  return members;
}

}  // namespace

std::vector<proto::Neighbour> introduce(const CatalogueEntry& entry,
                                        const release::ChannelRef* channel, const PeerAddress& self,
                                        Tables tables, Monotonic now, Rng& rng) {
  static const std::vector<Node*> nobody;
  const auto& followers = channel != nullptr ? tables.nodes.followers(*channel) : nobody;
  const auto swarm = tables.swarms.scrape(entry.main);
  const std::size_t known =
      std::max(followers.size(), std::size_t{swarm ? swarm->complete + swarm->incomplete : 0});
  const std::size_t wanted = handout_degree(known + 1) + 1;  // and the seeder

  Guests guests(self, entry.seeder);
  for (const auto& peer : tables.swarms.sample(entry.main, wanted, self, now, rng)) {
    if (guests.size() < wanted) guests.add(peer.address, peer.seed);
  }
  // Some of those drawn may be lost, unreachable or known already.
  for (const auto index : choose(followers.size(), 2 * wanted, rng)) {
    if (guests.size() >= wanted) break;
    if (tables.nodes.live(*followers[index], now)) guests.add(followers[index]->address, false);
  }
  return guests.take();
}

Broadcast::Broadcast(const CatalogueEntry& entry, const release::ChannelRef& channel, Tables tables,
                     Monotonic now, Rng& rng)
    : members_(live_members(tables.nodes.followers(channel), tables.nodes, now, numbers_)),
      announced_(tables.swarms.sample(entry.main, kAnnouncedPool, entry.seeder, now, rng)),
      seeder_(entry.seeder),
      graph_(members_.size(), rng) {}

std::vector<proto::Neighbour> Broadcast::neighbours(const std::string& node,
                                                    const PeerAddress& self) const {
  Guests guests(self, seeder_);
  const auto found = numbers_.find(node);
  const std::size_t turn = found == numbers_.end() ? 0 : found->second;
  for (std::size_t i = 0; i < std::min(kAnnouncedEach, announced_.size()); ++i) {
    const auto& peer = announced_[(turn + i) % announced_.size()];
    guests.add(peer.address, peer.seed);
  }
  if (found != numbers_.end()) {
    for (const auto other : graph_.dials(found->second)) guests.add(members_[other], false);
  }
  return guests.take();
}

}  // namespace roost::tracker
