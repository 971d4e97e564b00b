// Whom a node is told to dial for a release: its seeder, then its links in the
// release's Handout. Joins addresses and liveness, which the tables know, with
// the policy, which knows numbers.
//
// A node is part of a release's circle once it was told of the release, reported
// to have some of it, or announced; it is left out when it goes or is lost.
// Soft state like the tables; time and randomness are arguments. Owned by one
// thread.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "core/proto/offer.hpp"
#include "core/release/names.hpp"
#include "tracker/catalogue.hpp"
#include "tracker/handout.hpp"
#include "tracker/node_table.hpp"
#include "tracker/swarm_table.hpp"

namespace roost::tracker {

// Who asks, as far as known: the id may be empty, the address not usable().
struct Asker {
  std::string node;
  PeerAddress address;
};

class Introducer {
 public:
  explicit Introducer(const NodeTable& nodes, const DegreeRule& degrees = kNodeDegrees)
      : nodes_(nodes), degrees_(degrees) {}

  // For one that comes on its own. Nobody is told of an asker without an address.
  std::vector<proto::Neighbour> introduce(const CatalogueEntry& entry, const Asker& asker,
                                          Monotonic now, Rng& rng);

  // All live followers of a channel at once; told() then says to each of them what
  // introduce() would. Who is no such node is told of the seeder alone.
  void introduce_followers(const CatalogueEntry& entry, const release::ChannelRef& channel,
                           Monotonic now, Rng& rng);
  std::vector<proto::Neighbour> told(const CatalogueEntry& entry, const PeerAddress& address) const;

  // Somebody announced; he lives until then at least. answer() is what a node of the fleet
  // gets. early: it asked sooner than it was due, as nodes do whose peers are gone or give
  // nothing; then it is given others.
  struct Announcement {
    bool complete = false;
    bool early = false;
    Monotonic until{};
  };
  void announced(const CatalogueEntry& entry, const PeerAddress& address, const Announcement& news);
  std::vector<SwarmPeer> answer(const CatalogueEntry& entry, const PeerAddress& address,
                                const Announcement& news, Monotonic now, Rng& rng);

  void reported(const Node& node);  // by its transfers
  void left(const release::ReleaseId& release, const PeerAddress& address);

  // Releases: nobody is in the circle of one that was not added.
  void add(const release::ReleaseId& release) {
    circles_.try_emplace(release, Circle{Handout(degrees_), {}, {}, {}});
  }
  void remove(const release::ReleaseId& release) { circles_.erase(release); }
  void expire(Monotonic now);  // leaves out whoever is lost

 private:
  using Id = Handout::Id;
  struct Person {
    PeerAddress address;  // not usable(): the place is free
    std::string node;
    Monotonic until = Monotonic::min();  // alive till then, whatever the node table says
    bool complete = false;
  };
  struct Circle {
    Handout handout;
    std::vector<Person> people;  // by id
    std::unordered_map<PeerAddress, Id> by_address;
    std::unordered_map<std::string, Id> by_node;
  };

  Circle* circle_of(const release::ReleaseId& release);
  Id join(Circle& circle, const std::string& node, const PeerAddress& address,
          const std::string& zone);
  static void leave(Circle& circle, Id id);
  bool live(const Person& person, Monotonic now) const;
  bool drop_lost(Circle& circle, Id id, Monotonic now) const;
  std::vector<proto::Neighbour> list(const CatalogueEntry& entry, const Circle& circle, Id id,
                                     bool in_need) const;

  const NodeTable& nodes_;
  const DegreeRule degrees_;
  std::unordered_map<release::ReleaseId, Circle> circles_;
};

}  // namespace roost::tracker
