#include "bench/results/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>

namespace roost::bench {
namespace {

constexpr std::size_t kExact = 20;

// Twice the rank of each value among all, so that the mean ranks of ties stay whole.
std::vector<std::uint64_t> double_ranks(const std::vector<double>& values) {
  auto sorted = values;
  std::ranges::sort(sorted);
  std::vector<std::uint64_t> ranks;
  for (const double value : values) {
    const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), value);
    const auto below = static_cast<std::uint64_t>(first - sorted.begin());
    const auto up_to = static_cast<std::uint64_t>(last - sorted.begin());
    ranks.push_back(below + up_to + 1);
  }
  return ranks;
}

// How many of the ways to choose `count` of the ranks have each sum.
std::vector<double> ways_by_sum(const std::vector<std::uint64_t>& ranks, std::size_t count) {
  const auto total = std::accumulate(ranks.begin(), ranks.end(), std::uint64_t{0});
  std::vector<std::vector<double>> ways(count + 1, std::vector<double>(total + 1, 0));
  ways[0][0] = 1;
  for (const auto rank : ranks) {
    for (std::size_t chosen = count; chosen > 0; --chosen) {
      for (auto sum = total; sum >= rank; --sum) ways[chosen][sum] += ways[chosen - 1][sum - rank];
    }
  }
  return ways[count];
}

}  // namespace

Spread spread_of(std::vector<double> values) {
  auto sorted = values;
  std::ranges::sort(sorted);
  const auto middle = sorted.size() / 2;
  const double median =
      sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return {
      .values = std::move(values), .median = median, .min = sorted.front(), .max = sorted.back()};
}

double rank_test(const std::vector<double>& a, const std::vector<double>& b) {
  auto all = a;
  all.insert(all.end(), b.begin(), b.end());
  const auto ranks = double_ranks(all);
  const auto sum = std::accumulate(
      ranks.begin(), ranks.begin() + static_cast<std::ptrdiff_t>(a.size()), std::uint64_t{0});
  const auto n = static_cast<double>(a.size());
  const auto m = static_cast<double>(b.size());
  const double expected = n * (n + m + 1);  // of the doubled ranks
  const double distance = std::abs(static_cast<double>(sum) - expected);
  if (all.size() <= kExact) {
    const auto ways = ways_by_sum(ranks, a.size());
    double extreme = 0;
    for (std::size_t each = 0; each < ways.size(); ++each) {
      if (std::abs(static_cast<double>(each) - expected) >= distance) extreme += ways[each];
    }
    return extreme / std::accumulate(ways.begin(), ways.end(), 0.0);
  }
  double squares = 0;  // of the doubled ranks' distances from their mean; ties make it smaller
  for (const auto rank : ranks) squares += std::pow(static_cast<double>(rank) - (n + m + 1), 2);
  const double variance = n * m / ((n + m) * (n + m - 1)) * squares;
  return variance > 0 ? std::erfc(distance / std::sqrt(2 * variance)) : 1;
}

}  // namespace roost::bench
