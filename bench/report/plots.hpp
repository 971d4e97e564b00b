// The plots of one group of settings, each a <figure> with its legend; empty text where the
// results have nothing to draw.
//
// Curves over time are of the median run of each setting; what is drawn against the number
// of nodes is the median of all quoted runs, with their range. Pure.
#pragma once

#include <string>

#include "bench/report/dataset.hpp"
#include "bench/report/palette.hpp"

namespace roost::bench {

std::string coverage_plot(const Group& group, unsigned nodes, const Palette& palette);
std::string throughput_plot(const Group& group, unsigned nodes, const Palette& palette);

struct Scaling {  // a figure against the number of nodes
  std::string_view figure;
  std::string_view title;
  std::string_view y_title;
  std::string_view reference;  // label of the line at 1; empty: none
};
std::string scaling_plot(const Group& group, const Scaling& what, const Palette& palette);

std::string cpu_plot(const Group& group, const Palette& palette);
std::string bound_by_plot(const Group& group);

}  // namespace roost::bench
