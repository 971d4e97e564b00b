// SVG text, put together piece by piece; colours and strokes come from the page's CSS.
//
// Every text that is not a literal of ours goes through escape(). Coordinates are in the
// view box. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roost::bench {

// For text and quoted attributes of HTML and SVG; bytes that are no UTF-8 and control
// characters become U+FFFD.
std::string escape(std::string_view text);

struct Place {
  double x = 0;
  double y = 0;
};

class Svg {
 public:
  Svg(double width, double height, std::string_view title, std::string_view description);
  Svg(double width, double height);  // that says nothing its surroundings don't: a legend's sample

  void line(Place from, Place to, std::string_view classes);
  void polyline(const std::vector<Place>& places, std::string_view classes);
  void rect(Place corner, double width, double height, std::string_view classes);
  // One of the shapes that tell series apart without colour.
  void marker(int shape, Place at, std::string_view classes);
  void text(Place at, std::string_view text, std::string_view classes);
  void turned_text(Place at, std::string_view text, std::string_view classes);  // upwards
  void clip(Place corner, double width, double height);  // from here on, until end_clip()
  void end_clip();

  std::string str() const;  // the whole element

 private:
  std::string body_;
  int id_ = 0;
};

}  // namespace roost::bench
