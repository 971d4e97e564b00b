// A limit that a figure has to keep: [METHOD:]FIGURE OP NUMBER, such as 'ratio_last<1.15'.
//
// OP is one of < <= > >=; the figure is one of figures(), judged by its median. Without
// METHOD every method that was measured has to keep it; lines that were computed never
// do. What was asked for and can't be shown (no run to quote) is missed. Pure;
// parse throws Error{usage}.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/results/summary.hpp"

namespace roost::bench {

struct Threshold {
  enum class Op { less, at_most, more, at_least };

  std::string text;    // as given
  std::string method;  // empty: all
  const Figure* figure = nullptr;
  Op op = Op::less;
  double limit = 0;

  static Threshold parse(std::string_view text);
  bool kept_by(double value) const noexcept;
};

struct Miss {
  std::string threshold;
  std::string setting;  // describe() of it; empty: no setting at all has the figure
  std::string why;      // "is 1.21"
};

std::vector<Miss> missed(std::span<const Threshold> thresholds,
                         const std::vector<Summary>& summaries);

}  // namespace roost::bench
