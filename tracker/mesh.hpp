// A random connected graph of bounded degree that grows and shrinks while it is
// in use, and the account of it: who was told to dial whom.
//
// A link counts for both its ends until one of them leaves, since nobody who was
// told to dial is ever told to hang up. That is what bounds the degree under
// trickling joins, where dials to uniformly random vertices would give the
// first ones d ln N links. Pure and deterministic for a given rng; owned by one
// thread. Vertices are small numbers, used again after remove().
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

namespace roost::tracker {

using Rng = std::mt19937_64;

// Up to count of [0, size), uniformly at random, in random order (Floyd, then shuffled).
std::vector<std::uint32_t> choose(std::size_t size, std::size_t count, Rng& rng);

struct DegreeRule {
  std::size_t full_mesh;  // up to so many vertices everybody is linked with everybody
  std::size_t least;      // beyond, max(least, per_log ln N) links each
  double per_log;

  std::size_t degree(std::size_t vertices) const noexcept;  // of a graph that is made at once
  // What one that comes alone makes: the other half of its links are made by who comes later.
  std::size_t own(std::size_t vertices) const noexcept;
  // Nobody gets more. Above the degree by half or more, so that most vertices
  // have a free slot at any time and newcomers spread over all of them, and
  // above full_mesh, whose vertices must have room for those that come next.
  std::size_t most(std::size_t vertices) const noexcept;
};

class Mesh {
 public:
  using Vertex = std::uint32_t;
  struct Link {
    Vertex other;
    bool dials;  // this end was told to dial the other
  };

  explicit Mesh(const DegreeRule& rule) : rule_(rule) {}

  Vertex add();
  void remove(Vertex vertex);

  // Whether it has something to give. One that has links with nobody who does is
  // given one first, from slots kept for that purpose beside the others.
  void set_ready(Vertex vertex, bool ready);

  // Makes the vertex's own links; does nothing for one that has enough.
  void link(Vertex vertex, Rng& rng);

  // For one whose links are of no use: as many again, to others than before if there are such.
  void link_again(Vertex vertex, Rng& rng);

  // Many at once: those that have no links yet become one regular graph, linked
  // with the rest of the mesh as far as that has free slots.
  void link_all(std::span<const Vertex> vertices, Rng& rng);

  std::size_t size() const noexcept { return live_.size(); }
  const std::vector<Vertex>& vertices() const noexcept { return live_; }
  const std::vector<Vertex>& ready() const noexcept { return ready_; }
  const std::vector<Link>& links(Vertex vertex) const { return states_[vertex].links; }
  std::size_t degree(Vertex vertex) const { return states_[vertex].links.size(); }

 private:
  static constexpr std::uint32_t kNowhere = UINT32_MAX;
  struct State {
    std::vector<Link> links;            // oldest first
    std::uint32_t place = kNowhere;     // in live_
    std::uint32_t standing = kNowhere;  // in ready_
  };

  bool linked(Vertex a, Vertex b) const;
  void connect(Vertex dialler, Vertex other);
  void unlink(Vertex vertex, Vertex other);
  void join_ring(std::vector<Vertex>& ring, Rng& rng);
  void bridge(const std::vector<Vertex>& fresh, Rng& rng);
  void meet_ready(Vertex vertex, Rng& rng);
  void grow(Vertex vertex, std::size_t links, Rng& rng);
  std::optional<Vertex> draw(Vertex vertex, const std::vector<Vertex>& pool, std::size_t limit,
                             Rng& rng) const;

  DegreeRule rule_;
  std::vector<State> states_;
  std::vector<Vertex> live_;
  std::vector<Vertex> ready_;
  std::vector<Vertex> unused_;
};

}  // namespace roost::tracker
