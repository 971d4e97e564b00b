#include "tracker/handout.hpp"

#include <optional>

namespace roost::tracker {
namespace {

constexpr std::size_t kLeastAcross = 3;  // one may be slow and one dead
constexpr std::size_t kAcross = 8;       // of one zone, to all that it is linked with
constexpr std::size_t kFedAfar = 1;
constexpr std::size_t kNodesPerLink = 64;
constexpr int kDraws = 4;  // of a far end, to spread the links over the zone's nodes

template <class T>
const T& any_of(const std::vector<T>& values, Rng& rng) {
  return values[std::uniform_int_distribution<std::size_t>(0, values.size() - 1)(rng)];
}

}  // namespace

std::size_t links_across(std::size_t nodes, std::size_t other_nodes, std::size_t zones) noexcept {
  const std::size_t linked = std::max<std::size_t>(kZoneDegrees.degree(zones), 1);
  const std::size_t wanted =
      std::max(kLeastAcross, kAcross / linked) + std::min(nodes, other_nodes) / kNodesPerLink;
  return std::min(wanted, nodes * other_nodes);
}

Handout::Id Handout::join(const std::string& zone) {
  Id id = static_cast<Id>(members_.size());
  if (unused_.empty()) {
    members_.emplace_back();
  } else {
    id = unused_.back();
    unused_.pop_back();
  }
  ++size_;
  enter(id, zone);
  return id;
}

void Handout::leave(Id id) {
  quit(id);
  members_[id] = {};
  unused_.push_back(id);
  --size_;
}

void Handout::move(Id id, const std::string& zone) {
  if (zones_[members_[id].zone].name == zone) return;
  const bool ready = members_[id].ready;
  quit(id);
  members_[id] = {};
  enter(id, zone);
  set_ready(id, ready);
}

void Handout::set_ready(Id id, bool ready) {
  auto& member = members_[id];
  member.ready = ready;
  zones_[member.zone].near.set_ready(member.near, ready);
}

Handout::ZoneId Handout::zone_named(const std::string& zone) {
  const auto found = zones_by_name_.find(zone);
  if (found != zones_by_name_.end()) return found->second;
  const ZoneId id = zone_mesh_.add();
  if (id == zones_.size()) zones_.emplace_back(degrees_);
  zones_[id].name = zone;
  zones_by_name_.emplace(zone, id);
  return id;
}

void Handout::enter(Id id, const std::string& zone_name) {
  auto& member = members_[id];
  member.zone = zone_named(zone_name);
  auto& zone = zones_[member.zone];
  member.near = zone.near.add();
  if (zone.ids.size() <= member.near) zone.ids.resize(member.near + 1);
  zone.ids[member.near] = id;
}

void Handout::quit(Id id) {
  const auto& member = members_[id];
  for (const auto& link : member.far) {
    auto& other = members_[link.other];
    std::erase_if(other.far, [id](const FarLink& back) { return back.other == id; });
    auto& pair = across(member.zone, other.zone);
    --pair.links;
    if (--pair.gateways[link.other] == 0) pair.gateways.erase(link.other);
    pair.gateways.erase(id);
    if (pair.links == 0) across_.erase(std::minmax(member.zone, other.zone));
  }
  auto& zone = zones_[member.zone];
  zone.near.remove(member.near);
  if (zone.near.size() > 0) return;
  zones_by_name_.erase(zone.name);
  zone_mesh_.remove(member.zone);
  zone = Zone(degrees_);
}

void Handout::introduce(Id id, Rng& rng) {
  const auto& member = members_[id];
  zones_[member.zone].near.link(member.near, rng);
  cross(id, 1, rng);
}

void Handout::introduce_again(Id id, Rng& rng) {
  const auto& member = members_[id];
  zones_[member.zone].near.link_again(member.near, rng);
  cross(id, 2, rng);
}

void Handout::introduce_all(std::span<const Id> ids, Rng& rng) {
  std::map<ZoneId, std::vector<Mesh::Vertex>> by_zone;
  for (const Id id : ids) by_zone[members_[id].zone].push_back(members_[id].near);
  std::vector<ZoneId> zones;
  for (const auto& [zone, vertices] : by_zone) {
    zones_[zone].near.link_all(vertices, rng);
    zones.push_back(zone);
  }
  zone_mesh_.link_all(zones, rng);
  for (const ZoneId zone : zones) {
    for (const auto& link : zone_mesh_.links(zone)) cross_all(zone, link.other, rng);
  }
}

// What the pair of zones lacks, on nodes that have no such link yet where there are some.
void Handout::cross_all(ZoneId zone, ZoneId other, Rng& rng) {
  const auto& vertices = zones_[zone].near.vertices();
  const std::size_t wanted =
      links_across(vertices.size(), zones_[other].near.size(), zone_mesh_.size());
  const auto lacking = [&] { return across(zone, other).links < wanted; };
  for (const auto index : choose(vertices.size(), wanted, rng)) {
    if (lacking()) connect_far(zones_[zone].ids[vertices[index]], other, rng);
  }
  for (const Mesh::Vertex vertex : vertices) {
    while (lacking() && connect_far(zones_[zone].ids[vertex], other, rng)) {
    }
  }
}

void Handout::cross(Id id, std::size_t slack, Rng& rng) {
  const ZoneId zone = members_[id].zone;
  zone_mesh_.link(zone, rng);
  for (const auto& link : zone_mesh_.links(zone)) cross_to(id, link.other, slack, rng);
}

// slack: how many times the usual number of links there may be.
void Handout::cross_to(Id id, ZoneId other, std::size_t slack, Rng& rng) {
  const ZoneId zone = members_[id].zone;
  const std::size_t wanted =
      links_across(zones_[zone].near.size(), zones_[other].near.size(), zone_mesh_.size());
  auto& pair = across(zone, other);
  const bool short_of_gateways =
      gateways_of(zone, pair) < std::min(wanted * slack, zones_[zone].near.size());
  if (short_of_gateways && (slack > 1 || !pair.gateways.contains(id))) connect_far(id, other, rng);
  while (pair.links < wanted && connect_far(id, other, rng)) {
  }
}

std::size_t Handout::gateways_of(ZoneId zone, const Across& across) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      across.gateways, [&](const auto& entry) { return members_[entry.first].zone == zone; }));
}

bool Handout::linked_far(Id a, Id b) const {
  return std::ranges::any_of(members_[a].far, [b](const FarLink& link) { return link.other == b; });
}

// One that has something to give, if any does.
Handout::Id Handout::some(const Zone& zone, Rng& rng) const {
  const auto& ready = zone.near.ready();
  return zone.ids[any_of(ready.empty() ? zone.near.vertices() : ready, rng)];
}

// Of some random ones the one with the fewest far links; false if all drawn are linked with it.
bool Handout::connect_far(Id id, ZoneId other, Rng& rng) {
  std::optional<Id> best;
  const auto consider = [&](Id end) {
    if (linked_far(id, end)) return;
    if (!best || members_[end].far.size() < members_[*best].far.size()) best = end;
  };
  for (int i = 0; i < kDraws; ++i) consider(some(zones_[other], rng));
  if (!best) consider(zones_[other].ids[any_of(zones_[other].near.vertices(), rng)]);
  if (!best && zones_[other].near.size() <= kAcross) {
    for (const Mesh::Vertex vertex : zones_[other].near.vertices()) {
      consider(zones_[other].ids[vertex]);
    }
  }
  if (!best) return false;
  members_[id].far.push_back({*best, true});
  members_[*best].far.push_back({id, false});
  auto& pair = across(members_[id].zone, other);
  ++pair.links;
  ++pair.gateways[id];
  ++pair.gateways[*best];
  return true;
}

std::vector<Handout::Id> Handout::dials(Id id) const {
  const auto& member = members_[id];
  const auto& zone = zones_[member.zone];
  std::vector<Id> result;
  for (const auto& link : zone.near.links(member.near)) {
    if (link.dials) result.push_back(zone.ids[link.other]);
  }
  for (const auto& link : member.far) {
    if (link.dials) result.push_back(link.other);
  }
  return result;
}

// What the seeder sends to another zone has to come back over the trunk for its own. But
// its own zone alone can give away no more than it takes. So it feeds its own, and one
// gateway of each zone that is linked with it.
bool Handout::dials_seeder(Id id, const std::string& seeder_zone) const {
  const auto home = zones_by_name_.find(seeder_zone);
  if (seeder_zone.empty() || home == zones_by_name_.end()) return true;
  const ZoneId zone = members_[id].zone;
  if (zone == home->second) return true;
  const auto pair = across_.find(std::minmax(zone, home->second));
  if (pair == across_.end()) return false;
  std::size_t fed = 0;
  for (const auto& [gateway, links] : pair->second.gateways) {
    if (members_[gateway].zone != zone) continue;
    if (gateway == id) return true;
    if (++fed == kFedAfar) break;
  }
  return false;
}

std::vector<Handout::Id> Handout::neighbours(Id id) const {
  const auto& member = members_[id];
  const auto& zone = zones_[member.zone];
  std::vector<Id> result;
  for (const auto& link : zone.near.links(member.near)) result.push_back(zone.ids[link.other]);
  for (const auto& link : member.far) result.push_back(link.other);
  return result;
}

}  // namespace roost::tracker
