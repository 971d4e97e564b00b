#include <algorithm>

#include "bench/report/chart.hpp"
#include "bench/report/scale.hpp"
#include "bench/report/svg.hpp"

namespace roost::bench {
namespace {

constexpr double kWidth = 600;
constexpr double kLeft = 190;
constexpr double kRight = kWidth - 64;  // room for the text after the longest
constexpr double kTop = 8;
constexpr double kRow = 24;
constexpr double kThick = 15;

double total(const Bar& bar) {
  double sum = 0;
  for (const Segment& segment : bar.segments) sum += segment.value;
  return sum;
}

}  // namespace

std::string draw(const BarChart& chart) {
  double longest = 0;
  for (const Bar& bar : chart.bars) longest = std::max(longest, total(bar));
  const double bottom = kTop + kRow * static_cast<double>(chart.bars.size());
  const Scale x(0, chart.x_limit.value_or(longest), kLeft, kRight);
  Svg svg(kWidth, bottom + 46, chart.title, chart.description);
  for (const double tick : x.ticks()) {
    svg.line({x.place(tick), kTop}, {x.place(tick), bottom}, "grid");
    svg.text({x.place(tick), bottom + 18}, tick_text(tick), "tick middle");
  }
  double top = kTop + (kRow - kThick) / 2;
  for (const Bar& bar : chart.bars) {
    svg.text({kLeft - 8, top + kThick - 3}, bar.label, "label end");
    double from = 0;
    for (const Segment& segment : bar.segments) {
      if (segment.value <= 0) continue;
      const double left = x.place(from);
      from += segment.value;
      svg.rect({left, top}, x.place(from) - left, kThick, segment.classes);
    }
    svg.text({x.place(from) + 6, top + kThick - 3}, bar.text, "label");
    top += kRow;
  }
  svg.line({kLeft, kTop}, {kLeft, bottom}, "axis");
  svg.text({(kLeft + kRight) / 2, bottom + 38}, chart.x_title, "axis-title middle");
  return svg.str();
}

}  // namespace roost::bench
