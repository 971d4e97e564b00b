#include "tracker/handout.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace roost::tracker {

std::size_t handout_degree(std::size_t nodes) noexcept {
  if (nodes <= kFullMesh) return nodes == 0 ? 0 : nodes - 1;
  const auto wanted = static_cast<std::size_t>(3 * std::log(static_cast<double>(nodes)));
  return std::max<std::size_t>(10, wanted) / 2 * 2;
}

Graph::Graph(std::size_t nodes, Rng& rng)
    : ring_(nodes), position_(nodes), degree_(handout_degree(nodes)) {
  std::iota(ring_.begin(), ring_.end(), 0U);
  std::shuffle(ring_.begin(), ring_.end(), rng);
  for (std::size_t at = 0; at < nodes; ++at) position_[ring_[at]] = static_cast<std::uint32_t>(at);
  if (nodes < 2) return;

  const std::size_t longest = (nodes - 1) / 2;
  if (nodes <= kFullMesh) {
    for (std::size_t d = 1; d <= longest; ++d) distances_.push_back(static_cast<std::uint32_t>(d));
    opposite_ = nodes % 2 == 0;
    return;
  }
  distances_.push_back(1);
  for (const auto index : choose(longest - 1, degree_ / 2 - 1, rng)) {
    distances_.push_back(index + 2);
  }
}

std::vector<std::uint32_t> Graph::dials(std::uint32_t node) const {
  const std::size_t nodes = ring_.size();
  const std::size_t at = position_[node];
  std::vector<std::uint32_t> result;
  result.reserve(distances_.size() + 1);
  for (const auto distance : distances_) result.push_back(ring_[(at + distance) % nodes]);
  if (opposite_ && at < nodes / 2) result.push_back(ring_[at + nodes / 2]);
  return result;
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

}  // namespace roost::tracker
