#include "tracker/introducer.hpp"

#include <algorithm>

namespace roost::tracker {
namespace {

// One in eight pieces is enough to have something that others lack.
bool has_some(const proto::TransferReport& transfer) {
  return transfer.pieces > 0 && transfer.pieces >= transfer.pieces_total / 8;
}

bool has_all(const proto::TransferReport& transfer) {
  return transfer.state == proto::TransferState::staged ||
         transfer.state == proto::TransferState::active;
}

}  // namespace

Introducer::Circle* Introducer::circle_of(const release::ReleaseId& release) {
  const auto found = circles_.find(release);
  return found == circles_.end() ? nullptr : &found->second;
}

// A node that came back under another address is no second one.
Introducer::Id Introducer::join(Circle& circle, const std::string& node, const PeerAddress& address,
                                const std::string& zone) {
  if (!node.empty()) {
    const auto before = circle.by_node.find(node);
    if (before != circle.by_node.end() && circle.people[before->second].address != address) {
      leave(circle, before->second);
    }
  }
  const auto [entry, fresh] = circle.by_address.try_emplace(address, 0);
  if (fresh) {
    entry->second = circle.handout.join(zone);
    if (circle.people.size() <= entry->second) circle.people.resize(entry->second + 1);
    circle.people[entry->second] = {address, {}, Monotonic::min(), false};
  }
  const Id id = entry->second;
  Person& person = circle.people[id];
  if (!node.empty()) {
    if (person.node != node) {
      circle.by_node.erase(person.node);
      person.node = node;
      circle.by_node[node] = id;
    }
    circle.handout.move(id, zone);
  }
  return id;
}

void Introducer::leave(Circle& circle, Id id) {
  const Person& person = circle.people[id];
  circle.by_address.erase(person.address);
  if (!person.node.empty()) circle.by_node.erase(person.node);
  circle.people[id] = {};
  circle.handout.leave(id);
}

bool Introducer::live(const Person& person, Monotonic now) const {
  if (now < person.until) return true;
  const Node* node = nodes_.find(person.node);
  return node != nullptr && node->address == person.address && nodes_.live(*node, now);
}

// True if one of those that it would dial was lost, and is left out now.
bool Introducer::drop_lost(Circle& circle, Id id, Monotonic now) const {
  bool dropped = false;
  for (const Id other : circle.handout.dials(id)) {
    if (live(circle.people[other], now)) continue;
    leave(circle, other);
    dropped = true;
  }
  return dropped;
}

std::vector<proto::Neighbour> Introducer::introduce(const CatalogueEntry& entry, const Asker& asker,
                                                    Monotonic now, Rng& rng) {
  auto* circle = circle_of(entry.id);
  if (circle == nullptr) return {};
  const Node* node = nodes_.find(asker.node);
  const Id id =
      join(*circle, asker.node, asker.address, node == nullptr ? std::string() : node->zone);
  do {
    circle->handout.introduce(id, rng);
  } while (drop_lost(*circle, id, now));
  auto result = list(entry, *circle, id, false);
  // He can dial, but nobody can dial him; nor may he be the seeder itself.
  if (!asker.address.usable() || asker.address == entry.seeder) leave(*circle, id);
  return result;
}

void Introducer::introduce_followers(const CatalogueEntry& entry,
                                     const release::ChannelRef& channel, Monotonic now, Rng& rng) {
  auto* circle = circle_of(entry.id);
  if (circle == nullptr) return;
  for (Id id = 0; id < circle->people.size(); ++id) {
    if (circle->people[id].address.usable() && !live(circle->people[id], now)) leave(*circle, id);
  }
  std::vector<Id> ids;
  for (const Node* node : nodes_.followers(channel)) {
    if (!node->address.usable() || node->address == entry.seeder) continue;
    if (nodes_.live(*node, now)) ids.push_back(join(*circle, node->id, node->address, node->zone));
  }
  // Two nodes that state one address are one member, which the later one has taken.
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::erase_if(ids, [&](Id id) { return !circle->people[id].address.usable(); });
  circle->handout.introduce_all(ids, rng);
}

std::vector<proto::Neighbour> Introducer::told(const CatalogueEntry& entry,
                                               const PeerAddress& address) const {
  const auto circle = circles_.find(entry.id);
  if (circle != circles_.end()) {
    const auto found = circle->second.by_address.find(address);
    if (found != circle->second.by_address.end()) {
      return list(entry, circle->second, found->second, false);
    }
  }
  if (!entry.seeder.usable() || address == entry.seeder) return {};
  return {{entry.seeder.endpoint(), true}};
}

void Introducer::announced(const CatalogueEntry& entry, const PeerAddress& address,
                           const Announcement& news) {
  auto* circle = circle_of(entry.id);
  if (circle == nullptr || !address.usable() || address == entry.seeder) return;
  const auto known = circle->by_address.find(address);
  const Id id = known != circle->by_address.end() ? known->second : join(*circle, {}, address, {});
  Person& person = circle->people[id];
  person.until = std::max(person.until, news.until);
  if (!news.complete) return;
  person.complete = true;
  circle->handout.set_ready(id, true);
}

// Nothing for the seeder: it waits to be dialled by those whom the tracker chose.
std::vector<SwarmPeer> Introducer::answer(const CatalogueEntry& entry, const PeerAddress& address,
                                          const Announcement& news, Monotonic now, Rng& rng) {
  std::vector<SwarmPeer> peers;
  auto* circle = circle_of(entry.id);
  if (circle == nullptr) return peers;
  const auto known = circle->by_address.find(address);
  if (known == circle->by_address.end()) return peers;
  const Id id = known->second;
  const bool in_need = news.early && !news.complete;
  if (in_need) circle->handout.introduce_again(id, rng);
  do {
    circle->handout.introduce(id, rng);
  } while (drop_lost(*circle, id, now));
  for (const auto& neighbour : list(entry, *circle, id, in_need)) {
    if (news.complete && neighbour.seeder) continue;  // neither lacks anything
    peers.push_back({PeerAddress::from(neighbour.endpoint), {}, neighbour.seeder});
  }
  return peers;
}

std::vector<proto::Neighbour> Introducer::list(const CatalogueEntry& entry, const Circle& circle,
                                               Id id, bool in_need) const {
  std::vector<proto::Neighbour> result;
  if (entry.seeder.usable() && entry.seeder != circle.people[id].address &&
      (in_need || circle.handout.dials_seeder(id, entry.seeder_zone))) {
    result.push_back({entry.seeder.endpoint(), true});
  }
  // Who is complete dials nobody, whichever end was to dial; and in need one tries all.
  const auto dials = circle.handout.dials(id);
  for (const Id other : circle.handout.neighbours(id)) {
    const Person& person = circle.people[other];
    if (!person.address.usable()) continue;
    if (in_need || person.complete || std::ranges::find(dials, other) != dials.end()) {
      result.push_back({person.address.endpoint(), person.complete});
    }
  }
  return result;
}

void Introducer::reported(const Node& node) {
  if (!node.address.usable()) return;
  for (const auto& transfer : node.transfers) {
    auto* circle = circle_of(transfer.release_id);
    if (circle == nullptr) continue;
    if (transfer.state == proto::TransferState::failed) {
      left(transfer.release_id, node.address);
      continue;
    }
    const Id id = join(*circle, node.id, node.address, node.zone);
    circle->people[id].complete = has_all(transfer);
    circle->handout.set_ready(id, has_all(transfer) || has_some(transfer));
  }
}

void Introducer::left(const release::ReleaseId& release, const PeerAddress& address) {
  auto* circle = circle_of(release);
  if (circle == nullptr) return;
  const auto found = circle->by_address.find(address);
  if (found != circle->by_address.end()) leave(*circle, found->second);
}

void Introducer::expire(Monotonic now) {
  for (auto& [release, circle] : circles_) {
    for (Id id = 0; id < circle.people.size(); ++id) {
      if (circle.people[id].address.usable() && !live(circle.people[id], now)) leave(circle, id);
    }
  }
}

}  // namespace roost::tracker
