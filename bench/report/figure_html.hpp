// A plot in its frame: heading, drawing, legend, a line of explanation. Private to this folder.
//
// Texts are escaped here, the drawing is taken as it is. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace roost::bench {

struct LegendEntry {
  std::string sample;  // an <svg> of its own, from line_sample() or box_sample()
  std::string label;
  std::string value;  // "21.4 s"; may be empty
};

std::string line_sample(std::string_view classes, std::string_view fill, int shape);
std::string box_sample(std::string_view fill);

std::string figure_html(std::string_view title, std::string_view drawing,
                        const std::vector<LegendEntry>& legend, std::string_view caption);

}  // namespace roost::bench
