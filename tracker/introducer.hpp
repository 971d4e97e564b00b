// Whom a node is told to dial for a release: its seeder first, then some of the
// swarm that announced, then other nodes that follow the same channel.
//
// Decides over the tables it is given, changes none, and takes time and
// randomness as arguments. Owned by one thread.
#pragma once

#include <unordered_map>
#include <vector>

#include "core/proto/offer.hpp"
#include "core/release/names.hpp"
#include "tracker/catalogue.hpp"
#include "tracker/handout.hpp"
#include "tracker/node_table.hpp"
#include "tracker/swarm_table.hpp"

namespace roost::tracker {

struct Tables {
  SwarmTable& swarms;
  NodeTable& nodes;
};

// For one node that comes on its own; channel may be null. It dials the others,
// who are told nothing.
std::vector<proto::Neighbour> introduce(const CatalogueEntry& entry,
                                        const release::ChannelRef* channel, const PeerAddress& self,
                                        Tables tables, Monotonic now, Rng& rng);

// For all live followers of a channel at once: one graph, each edge dialled by
// one end. Valid until the node table changes.
class Broadcast {
 public:
  Broadcast(const CatalogueEntry& entry, const release::ChannelRef& channel, Tables tables,
            Monotonic now, Rng& rng);

  // For a reader that is no such node: only the seeder and who announced.
  std::vector<proto::Neighbour> neighbours(const std::string& node, const PeerAddress& self) const;

  std::size_t nodes() const noexcept { return members_.size(); }

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;  // node id -> place in members_
  std::vector<PeerAddress> members_;
  std::vector<SwarmPeer> announced_;
  PeerAddress seeder_;
  Graph graph_;
};

}  // namespace roost::tracker
