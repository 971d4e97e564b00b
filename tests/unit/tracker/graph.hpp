// What tests ask of a graph: degrees, components, distances. Vertices are small
// numbers; absent ones have no entry.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace roost::tracker::sample {

using Vertices = std::vector<std::uint32_t>;

struct GraphFacts {
  std::size_t vertices = 0;
  std::size_t links = 0;
  std::size_t least = SIZE_MAX;  // degree
  std::size_t most = 0;
  std::size_t components = 0;
  std::size_t farthest = 0;  // hops from the vertex with the lowest number, in its component
  bool twice = false;        // a pair linked twice, or somebody with himself
};

class TestGraph {
 public:
  void vertex(std::uint32_t vertex) { links_[vertex]; }

  // A dial; both ends must have been named.
  void dial(std::uint32_t from, std::uint32_t to) {
    if (from == to || !links_.contains(from) || !links_.contains(to)) bad_ = true;
    if (!links_[from].insert(to).second) bad_ = true;
    if (!links_[to].insert(from).second) bad_ = true;
    ++dials_;
  }

  GraphFacts facts() const {
    GraphFacts facts;
    facts.vertices = links_.size();
    facts.links = dials_;
    facts.twice = bad_;
    std::set<std::uint32_t> seen;
    for (const auto& [vertex, others] : links_) {
      facts.least = std::min(facts.least, others.size());
      facts.most = std::max(facts.most, others.size());
      if (seen.contains(vertex)) continue;
      const auto hops = visit(vertex, seen);
      if (facts.components++ == 0) facts.farthest = hops;
    }
    return facts;
  }

  const std::set<std::uint32_t>& of(std::uint32_t vertex) const { return links_.at(vertex); }

 private:
  std::size_t visit(std::uint32_t start, std::set<std::uint32_t>& seen) const {
    std::vector<std::uint32_t> ring{start};
    seen.insert(start);
    std::size_t hops = 0;
    while (true) {
      std::vector<std::uint32_t> next;
      for (const auto vertex : ring) {
        for (const auto other : links_.at(vertex)) {
          if (seen.insert(other).second) next.push_back(other);
        }
      }
      if (next.empty()) return hops;
      ++hops;
      ring = std::move(next);
    }
  }

  std::map<std::uint32_t, std::set<std::uint32_t>> links_;
  std::size_t dials_ = 0;
  bool bad_ = false;
};

}  // namespace roost::tracker::sample
