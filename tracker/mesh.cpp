#include "tracker/mesh.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace roost::tracker {
namespace {

// Draws before a search: with half of all slots free, one in 250 draws needs it.
constexpr int kDraws = 8;

std::uint32_t below(std::size_t bound, Rng& rng) {
  return static_cast<std::uint32_t>(std::uniform_int_distribution<std::size_t>(0, bound - 1)(rng));
}

// Takes values[place] out and tells where the last one went.
template <class Moved>
void take_out(std::vector<std::uint32_t>& values, std::uint32_t place, Moved&& moved) {
  values[place] = values.back();
  moved(values[place], place);
  values.pop_back();
}

// Lets pairs swap what they dial where that makes no link twice and nobody dial itself.
// `dialled` holds `each` for everyone, of which the first stays.
void exchange(std::vector<std::uint32_t>& dialled, std::size_t each, Rng& rng) {
  const auto dials = [&](std::size_t who, std::size_t whom) {
    const auto first = dialled.begin() + static_cast<std::ptrdiff_t>(who * each);
    const auto last = first + static_cast<std::ptrdiff_t>(each);
    return std::find(first, last, whom) != last;
  };
  const auto linkable = [&](std::size_t a, std::size_t b) {
    return a != b && !dials(a, b) && !dials(b, a);
  };
  std::uniform_int_distribution<std::size_t> any(0, dialled.size() - 1);
  for (std::size_t i = 0; i < dialled.size(); ++i) {
    const std::size_t j = any(rng);
    if (i % each == 0 || j % each == 0) continue;
    if (linkable(i / each, dialled[j]) && linkable(j / each, dialled[i])) {
      std::swap(dialled[i], dialled[j]);
    }
  }
}

}  // namespace

std::size_t DegreeRule::degree(std::size_t vertices) const noexcept {
  if (vertices <= full_mesh) return vertices == 0 ? 0 : vertices - 1;
  const auto wanted = static_cast<std::size_t>(per_log * std::log(static_cast<double>(vertices)));
  return std::max(least, wanted) / 2 * 2;
}

std::size_t DegreeRule::own(std::size_t vertices) const noexcept {
  return vertices <= full_mesh ? degree(vertices) : degree(vertices) / 2;
}

std::size_t DegreeRule::most(std::size_t vertices) const noexcept {
  return std::max(2 * least, degree(std::max(vertices, full_mesh + 1)) * 3 / 2);
}

std::vector<std::uint32_t> choose(std::size_t size, std::size_t count, Rng& rng) {
  std::vector<std::uint32_t> chosen;
  if (count >= size) {
    chosen.resize(size);
    std::iota(chosen.begin(), chosen.end(), 0U);
  } else if (count > 0) {
    chosen.reserve(count);
    std::vector<bool> taken(size);
    for (std::size_t last = size - count; last < size; ++last) {
      const auto pick = std::uniform_int_distribution<std::size_t>(0, last)(rng);
      const auto value = taken[pick] ? last : pick;
      taken[value] = true;
      chosen.push_back(static_cast<std::uint32_t>(value));
    }
  }
  std::shuffle(chosen.begin(), chosen.end(), rng);
  return chosen;
}

Mesh::Vertex Mesh::add() {
  Vertex vertex = static_cast<Vertex>(states_.size());
  if (unused_.empty()) {
    states_.emplace_back();
  } else {
    vertex = unused_.back();
    unused_.pop_back();
  }
  states_[vertex].place = static_cast<std::uint32_t>(live_.size());
  live_.push_back(vertex);
  return vertex;
}

void Mesh::remove(Vertex vertex) {
  for (const auto& link : states_[vertex].links) unlink(link.other, vertex);
  set_ready(vertex, false);
  take_out(live_, states_[vertex].place,
           [this](Vertex moved, std::uint32_t place) { states_[moved].place = place; });
  states_[vertex] = {};
  unused_.push_back(vertex);
}

void Mesh::set_ready(Vertex vertex, bool ready) {
  auto& standing = states_[vertex].standing;
  if (ready == (standing != kNowhere)) return;
  if (ready) {
    standing = static_cast<std::uint32_t>(ready_.size());
    ready_.push_back(vertex);
    return;
  }
  take_out(ready_, standing,
           [this](Vertex moved, std::uint32_t place) { states_[moved].standing = place; });
  standing = kNowhere;
}

bool Mesh::linked(Vertex a, Vertex b) const {
  return std::ranges::any_of(states_[a].links, [b](const Link& link) { return link.other == b; });
}

void Mesh::connect(Vertex dialler, Vertex other) {
  states_[dialler].links.push_back({other, true});
  states_[other].links.push_back({dialler, false});
}

void Mesh::unlink(Vertex vertex, Vertex other) {
  std::erase_if(states_[vertex].links, [other](const Link& link) { return link.other == other; });
}

// One that may be linked with: of two random ones the one with fewer links, which
// keeps the degrees together. Searches only when chance finds none.
std::optional<Mesh::Vertex> Mesh::draw(Vertex vertex, const std::vector<Vertex>& pool,
                                       std::size_t limit, Rng& rng) const {
  if (pool.empty()) return std::nullopt;
  const auto fits = [&](Vertex other) {
    return other != vertex && degree(other) < limit && !linked(vertex, other);
  };
  std::optional<Vertex> first;
  for (int i = 0; i < kDraws; ++i) {
    const Vertex other = pool[below(pool.size(), rng)];
    if (!fits(other)) continue;
    if (first) return degree(other) < degree(*first) ? other : *first;
    first = other;
  }
  if (first) return first;
  const std::size_t start = below(pool.size(), rng);
  for (std::size_t i = 0; i < pool.size(); ++i) {
    const Vertex other = pool[(start + i) % pool.size()];
    if (fits(other)) return other;
  }
  return std::nullopt;
}

void Mesh::meet_ready(Vertex vertex, Rng& rng) {
  const auto is_ready = [this](const Link& link) {
    return states_[link.other].standing != kNowhere;
  };
  if (std::ranges::any_of(states_[vertex].links, is_ready)) return;
  if (const auto other = draw(vertex, ready_, 2 * rule_.most(size()), rng)) connect(vertex, *other);
}

void Mesh::grow(Vertex vertex, std::size_t links, Rng& rng) {
  while (degree(vertex) < links) {
    auto other = draw(vertex, live_, rule_.most(size()), rng);
    // Alone is worse than one link too many.
    if (!other && degree(vertex) == 0) other = draw(vertex, live_, SIZE_MAX, rng);
    if (!other) return;
    connect(vertex, *other);
  }
}

void Mesh::link(Vertex vertex, Rng& rng) {
  if (size() <= rule_.full_mesh) {
    for (const Vertex other : live_) {
      if (other != vertex && !linked(vertex, other)) connect(vertex, other);
    }
    return;
  }
  meet_ready(vertex, rng);
  grow(vertex, rule_.own(size()), rng);
}

void Mesh::link_again(Vertex vertex, Rng& rng) {
  const std::size_t more = rule_.own(size());
  const std::size_t most = rule_.most(size());
  auto& links = states_[vertex].links;
  const std::size_t kept = more < most ? most - more : 0;
  const std::vector<Link> before = links;  // what goes from the account is not drawn again
  grow(vertex, degree(vertex) + more, rng);
  const std::size_t dropped = before.size() > kept ? before.size() - kept : 0;
  for (std::size_t i = 0; i < dropped; ++i) {
    unlink(vertex, before[i].other);
    unlink(before[i].other, vertex);
  }
  link(vertex, rng);
}

void Mesh::link_all(std::span<const Vertex> vertices, Rng& rng) {
  std::vector<Vertex> ring;
  ring.reserve(vertices.size());
  for (const Vertex vertex : vertices) {
    if (states_[vertex].links.empty()) ring.push_back(vertex);
  }
  const bool others = ring.size() < size();
  join_ring(ring, rng);
  if (others) bridge(ring, rng);
  for (const Vertex vertex : vertices) link(vertex, rng);
}

// Placed on a ring in random order, each dials those at a few random distances ahead,
// distance 1 always among them, which keeps the graph connected. Everyone has the same
// degree and dials as many as the next. Then what is dialled is exchanged at random (the
// switch chain: Cooper, Dyer and Greenhill 2007), for with the distances alone a hop more
// reaches only polynomially more vertices.
void Mesh::join_ring(std::vector<Vertex>& ring, Rng& rng) {
  std::ranges::shuffle(ring, rng);
  const std::size_t count = ring.size();
  if (count < 2) return;
  const std::size_t longest = (count - 1) / 2;
  const bool full = count <= rule_.full_mesh;
  std::vector<std::uint32_t> distances;
  if (full) {
    for (std::size_t d = 1; d <= longest; ++d) distances.push_back(static_cast<std::uint32_t>(d));
  } else {
    distances.push_back(1);
    for (const auto index : choose(longest - 1, rule_.degree(count) / 2 - 1, rng)) {
      distances.push_back(index + 2);
    }
  }
  std::vector<std::uint32_t> dialled;  // places on the ring, as many for each
  dialled.reserve(count * distances.size());
  for (std::size_t at = 0; at < count; ++at) {
    for (const auto distance : distances) {
      dialled.push_back(static_cast<std::uint32_t>((at + distance) % count));
    }
  }
  if (!full) exchange(dialled, distances.size(), rng);
  for (std::size_t at = 0; at < count; ++at) {
    states_[ring[at]].links.reserve(2 * distances.size() + 2);
  }
  for (std::size_t i = 0; i < dialled.size(); ++i) {
    connect(ring[i / distances.size()], ring[dialled[i]]);
  }
  if (!full || count % 2 != 0) return;
  for (std::size_t at = 0; at < count / 2; ++at) connect(ring[at], ring[at + count / 2]);
}

// One link from each fresh vertex into the mesh that was there before, while
// that has slots: it may be who has the bytes. If it has none, one link all the same.
void Mesh::bridge(const std::vector<Vertex>& fresh, Rng& rng) {
  std::vector<bool> is_fresh(states_.size());
  for (const Vertex vertex : fresh) is_fresh[vertex] = true;
  std::vector<Vertex> old;
  for (const Vertex vertex : live_) {
    if (!is_fresh[vertex]) old.push_back(vertex);
  }
  const Vertex last_resort = old[below(old.size(), rng)];
  const std::size_t most = rule_.most(size());
  bool bridged = fresh.empty();
  for (std::size_t i = 0; i < fresh.size() && !old.empty(); ++i) {
    const std::uint32_t place = below(old.size(), rng);
    if (degree(old[place]) < most) {
      connect(fresh[i], old[place]);
      bridged = true;
    }
    if (degree(old[place]) < most) continue;
    take_out(old, place, [](Vertex, std::uint32_t) {});
  }
  if (!bridged) connect(fresh.front(), last_resort);
}

}  // namespace roost::tracker
