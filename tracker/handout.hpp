// Which peers a node is told to dial for one release: the hand-out policy.
//
// The nodes of a zone form a mesh (tracker/mesh.hpp): everybody with everybody
// while they are few, else about max(10, 2 ln N) links each. Zones are linked by
// few links, on a few nodes each (gateways), which agree among themselves who
// fetches what (core/swarm): what crosses a trunk should cross it about once.
// Many zones form a mesh of their own, so that no zone needs to know all others.
//
// Pure and deterministic for a given rng, over numbers alone: a simulator drives
// the very code that the tracker runs. Owned by one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tracker/mesh.hpp"

namespace roost::tracker {

// More links cost HAVEs, and an uplink shared by more sends each of its blocks later.
inline constexpr DegreeRule kNodeDegrees{10, 10, 2.0};
inline constexpr DegreeRule kZoneDegrees{4, 4, 1.5};
inline constexpr DegreeRule kFullMesh{1U << 20, 1U << 20, 0};  // to measure what a bound is worth

// Links between two linked zones of so many. A zone can take its copy in at full speed
// if it has about as many links with others as a node has with its own zone: a node's
// uplink is shared by its links. One more for every 64 nodes of the smaller zone.
std::size_t links_across(std::size_t nodes, std::size_t other_nodes, std::size_t zones) noexcept;

class Handout {
 public:
  using Id = std::uint32_t;

  explicit Handout(const DegreeRule& nodes = kNodeDegrees) : degrees_(nodes) {}

  Id join(const std::string& zone);
  void leave(Id id);
  void move(Id id, const std::string& zone);  // its links go; the id stays
  void set_ready(Id id, bool ready);          // it has pieces to give

  // For one that comes alone, and to heal: makes the links that it lacks. Who has
  // enough gets none.
  void introduce(Id id, Rng& rng);

  // For one whose links turned out to be of no use: new ones beside those that it has.
  void introduce_again(Id id, Rng& rng);

  // For many at once: those without links become one regular graph.
  void introduce_all(std::span<const Id> ids, Rng& rng);

  std::vector<Id> dials(Id id) const;       // each link is dialled by one of its ends
  std::vector<Id> neighbours(Id id) const;  // both directions
  // Whether the seeder, which is in that zone, is one of those to dial.
  bool dials_seeder(Id id, const std::string& seeder_zone) const;
  bool gateway(Id id) const { return !members_[id].far.empty(); }

  const std::string& zone(Id id) const { return zones_[members_[id].zone].name; }
  std::size_t size() const noexcept { return size_; }

 private:
  using ZoneId = Mesh::Vertex;
  using ZonePair = std::pair<ZoneId, ZoneId>;
  struct FarLink {
    Id other;
    bool dials;
  };
  struct Member {
    ZoneId zone = 0;
    Mesh::Vertex near = 0;
    bool ready = false;
    std::vector<FarLink> far;
  };
  struct Zone {
    explicit Zone(const DegreeRule& degrees) : near(degrees) {}
    std::string name;
    Mesh near;
    std::vector<Id> ids;  // by near vertex
  };
  // What links a zone with another one.
  struct Across {
    std::size_t links = 0;
    std::map<Id, std::size_t> gateways;  // of both; how many of the links it has
  };

  void enter(Id id, const std::string& zone);
  void quit(Id id);
  ZoneId zone_named(const std::string& zone);
  void cross(Id id, std::size_t slack, Rng& rng);
  void cross_to(Id id, ZoneId other, std::size_t slack, Rng& rng);
  void cross_all(ZoneId zone, ZoneId other, Rng& rng);
  bool connect_far(Id id, ZoneId other, Rng& rng);
  std::size_t gateways_of(ZoneId zone, const Across& across) const;
  bool linked_far(Id a, Id b) const;
  Across& across(ZoneId a, ZoneId b) { return across_[std::minmax(a, b)]; }
  Id some(const Zone& zone, Rng& rng) const;

  DegreeRule degrees_;  // within a zone
  std::vector<Member> members_;
  std::vector<Id> unused_;
  std::size_t size_ = 0;
  std::vector<Zone> zones_;  // by vertex of zone_mesh_
  Mesh zone_mesh_{kZoneDegrees};
  std::unordered_map<std::string, ZoneId> zones_by_name_;
  std::map<ZonePair, Across> across_;
};

}  // namespace roost::tracker
