// Which colour, dash and marker each series has, the same on every plot of a page.
//
// A method keeps its colour in every report; its variants share it and differ in dash.
// Colour is never the only difference: markers differ by method. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "bench/results/summary.hpp"

namespace roost::bench {

struct Style {
  int colour = 0;  // classes c0 to c7
  int dash = 0;    // classes d0 to d3
};

class Palette {
 public:
  explicit Palette(const std::vector<Summary>& summaries);

  Style of(const Setting& setting) const;
  std::string line(const Setting& setting) const;  // CSS classes of its lines
  std::string fill(const Setting& setting) const;  // of what is filled
  int shape(const Setting& setting) const { return of(setting).colour; }

 private:
  std::map<std::string, Style> styles_;  // by label_of()
};

}  // namespace roost::bench
