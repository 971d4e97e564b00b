// The few statistics that results need: medians, ranges and one test of difference.
//
// Pure. Spread keeps its values in the order they were measured.
#pragma once

#include <vector>

namespace roost::bench {

struct Spread {
  std::vector<double> values;  // never empty
  double median = 0;
  double min = 0;
  double max = 0;
};

// values must not be empty.
Spread spread_of(std::vector<double> values);

// Two-sided Mann-Whitney test: how likely a difference in ranks as large as this one is when
// both come from the same distribution. Exact (ties included) up to 20 values in all, beyond
// that by the normal approximation. Both must not be empty.
double rank_test(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace roost::bench
