// Whether B is better or worse than A, figure by figure, with the spread in mind.
//
// The rule: a difference counts when the medians differ by at least the lab's noise
// (2 %, with fewer than 4 runs on a side 5 %) and the runs tell it: with 4 or more on
// both sides a two-sided Mann-Whitney test below 0.05, else ranges that don't overlap.
// Everything else is the same. Less is better for every figure that is judged. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/results/summary.hpp"

namespace roost::bench {

enum class Verdict { better, same, worse };
std::string_view name_of(Verdict verdict) noexcept;

Verdict judge(const Figure& figure, const Spread& a, const Spread& b);

struct Change {
  const Figure* figure = nullptr;
  Spread a;
  Spread b;
  Verdict verdict = Verdict::same;
  std::optional<double> relative;  // (b - a) / a of the medians; not where a is 0
  std::optional<double> p;         // of the rank test, where it decided
};

struct Compared {
  Setting setting;
  std::vector<Change> changes;
};

struct Comparison {
  std::vector<Compared> settings;
  std::vector<std::string> left_out;  // "only in A: ...", "no run to quote in B: ..."

  unsigned count(Verdict verdict) const;
};

Comparison compare(const std::vector<Summary>& a, const std::vector<Summary>& b);

}  // namespace roost::bench
