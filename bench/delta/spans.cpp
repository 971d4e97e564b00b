#include "bench/delta/spans.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace roost::bench {

std::vector<std::uint64_t> span_lengths(std::uint64_t total, Rng& rng) {
  assert(total >= kLeastSpan);
  std::vector<std::uint64_t> lengths;
  for (std::uint64_t left = total; left > 0; left -= lengths.back()) {
    if (left <= kMostSpan) {
      lengths.push_back(left);
      continue;
    }
    // So that what is left is never too short for a span of its own.
    const auto most = std::min(kMostSpan, left - kLeastSpan);
    lengths.push_back(kLeastSpan + rng() % (most - kLeastSpan + 1));
  }
  return lengths;
}

std::vector<Span> scatter(const std::vector<std::uint64_t>& lengths, std::uint64_t space,
                          Rng& rng) {
  const auto taken = std::accumulate(lengths.begin(), lengths.end(), lengths.size());
  assert(taken <= space);
  std::vector<std::uint64_t> gaps;  // how many bytes before each are free, of all that are
  for (std::size_t i = 0; i < lengths.size(); ++i) gaps.push_back(rng() % (space - taken + 1));
  std::ranges::sort(gaps);
  std::vector<Span> spans;
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    spans.push_back({before + gaps[i], lengths[i]});
    before += lengths[i] + 1;
  }
  return spans;
}

}  // namespace roost::bench
