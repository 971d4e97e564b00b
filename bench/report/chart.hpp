// A chart of lines in a frame with titled axes, and a chart of horizontal bars.
//
// What is drawn is plain data; where and how large is decided here. Pure. The result is
// an <svg> element, its texts escaped.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roost::bench {

struct Point {
  double x = 0;
  double y = 0;
  double low = 0;  // of the range that is drawn as a whisker; low == high: none
  double high = 0;
};

struct Series {
  std::string label;
  std::string classes;  // of its line
  std::string fill;     // of its markers
  int shape = 0;
  bool labelled = false;  // its label stands at its end
  std::vector<Point> points;
};

struct Reference {  // a line across the frame
  double at = 0;
  std::string label;
};

struct Chart {
  std::string title;
  std::string description;  // for those who don't see it
  std::string x_title;
  std::string y_title;
  bool columns = false;           // x is a few counts, evenly spaced, instead of a continuum
  std::optional<double> x_limit;  // what lies beyond is cut off
  std::optional<double> y_limit;
  double y_from = 0;
  std::optional<Reference> across;   // at a y
  std::optional<Reference> upright;  // at an x
  std::vector<Series> series;
};

std::string draw(const Chart& chart);

struct Segment {
  double value = 0;
  std::string classes;
};

struct Bar {
  std::string label;
  std::vector<Segment> segments;
  std::string text;  // after its end
};

struct BarChart {
  std::string title;
  std::string description;
  std::string x_title;
  std::optional<double> x_limit;
  std::vector<Bar> bars;
};

std::string draw(const BarChart& chart);

}  // namespace roost::bench
