#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "bench/report/chart.hpp"
#include "bench/report/scale.hpp"
#include "bench/report/svg.hpp"

namespace roost::bench {
namespace {

constexpr double kWidth = 600;
constexpr double kHeight = 330;
constexpr double kLeft = 58;
constexpr double kTop = 22;
constexpr double kBottom = kHeight - 46;
constexpr double kLabels = 128;  // room for labels at the lines' ends
constexpr double kLineHeight = 15;

class LineChart {
 public:
  explicit LineChart(const Chart& chart)
      : chart_(chart),
        right_(kWidth - (labelled(chart) ? kLabels : 16)),
        columns_(columns_of(chart)),
        x_(x_scale()),
        y_(y_scale()),
        svg_(kWidth, kHeight, chart.title, chart.description) {}

  std::string draw() {
    draw_axes();
    svg_.clip({kLeft, kTop - 8}, right_ - kLeft + 6, kBottom - kTop + 9);
    for (const Series& series : chart_.series) draw_series(series);
    svg_.end_clip();
    draw_references();
    draw_end_labels();
    return svg_.str();
  }

 private:
  static bool labelled(const Chart& chart) {
    return std::ranges::any_of(chart.series, &Series::labelled);
  }
  static std::vector<double> columns_of(const Chart& chart) {
    std::set<double> columns;
    for (const Series& series : chart.series) {
      for (const Point& point : series.points) columns.insert(point.x);
    }
    return {columns.begin(), columns.end()};
  }

  Scale x_scale() const {
    const double high = columns_.empty() ? 1 : columns_.back();
    return {0, chart_.x_limit.value_or(high), kLeft, right_};
  }
  Scale y_scale() const {
    double high = chart_.across ? chart_.across->at : 0;
    for (const Series& series : chart_.series) {
      for (const Point& point : series.points) high = std::max({high, point.y, point.high});
    }
    constexpr double kHeadroom = 1.06;
    return {chart_.y_from, chart_.y_limit.value_or(kHeadroom * high), kBottom, kTop};
  }

  double x_of(double value) const {
    if (!chart_.columns) return x_.place(value);
    const auto at = std::ranges::find(columns_, value) - columns_.begin();
    const double width = (right_ - kLeft) / static_cast<double>(columns_.size());
    return kLeft + (static_cast<double>(at) + 0.5) * width;
  }
  Place place(const Point& point) const { return {x_of(point.x), y_.place(point.y)}; }

  void draw_axes() {
    for (const double tick : y_.ticks()) {
      const double y = y_.place(tick);
      svg_.line({kLeft, y}, {right_, y}, "grid");
      svg_.text({kLeft - 7, y + 4}, tick_text(tick), "tick end");
    }
    for (const double tick : chart_.columns ? columns_ : x_.ticks()) {
      svg_.line({x_of(tick), kBottom}, {x_of(tick), kBottom + 4}, "axis");
      svg_.text({x_of(tick), kBottom + 18}, tick_text(tick), "tick middle");
    }
    svg_.line({kLeft, kBottom}, {right_, kBottom}, "axis");
    svg_.text({(kLeft + right_) / 2, kHeight - 8}, chart_.x_title, "axis-title middle");
    svg_.turned_text({14, (kTop + kBottom) / 2}, chart_.y_title, "axis-title middle");
  }

  void draw_series(const Series& series) {
    std::vector<Place> places;
    for (const Point& point : series.points) places.push_back(place(point));
    svg_.polyline(places, series.classes);
    if (!chart_.columns) return;
    for (const Point& point : series.points) {
      if (point.low < point.high) {
        const double x = x_of(point.x);
        svg_.line({x, y_.place(point.low)}, {x, y_.place(point.high)}, series.classes + " whisker");
      }
      svg_.marker(series.shape, place(point), series.fill);
    }
  }

  void draw_references() {
    if (const auto& line = chart_.across) {
      const double y = y_.place(line->at);
      svg_.line({kLeft, y}, {right_, y}, "reference");
      if (chart_.columns) {
        svg_.text({kLeft + 6, y + 14}, line->label, "reference-label");
      } else {
        svg_.text({right_ - 4, y - 5}, line->label, "reference-label end");
      }
    }
    if (const auto& line = chart_.upright) {
      const double x = x_.place(line->at);
      const bool room = x > kLeft + 160;  // left of it, where no curve is
      svg_.line({x, kTop - 8}, {x, kBottom}, "reference");
      svg_.text({room ? x - 7 : x + 7, kTop + 6}, line->label,
                room ? "reference-label end" : "reference-label");
    }
  }

  // Labels that would lie on each other are moved apart, down from the top, then up again
  // where the lowest would leave the frame.
  void draw_end_labels() {
    std::vector<Label> labels;
    for (const Series& series : chart_.series) {
      if (series.labelled && !series.points.empty()) labels.push_back(label_of_end(series));
    }
    std::ranges::sort(labels, {}, &Label::y);
    for (std::size_t i = 1; i < labels.size(); ++i) {
      labels[i].y = std::max(labels[i].y, labels[i - 1].y + kLineHeight);
    }
    double lowest = kBottom + 2;
    for (auto label = labels.rbegin(); label != labels.rend(); ++label) {
      label->y = std::min(label->y, lowest);
      lowest = label->y - kLineHeight;
    }
    for (const Label& label : labels) {
      if (!label.beyond) svg_.line({label.end.x + 7, label.end.y}, {right_ + 2, label.y}, "leader");
      svg_.marker(label.series->shape, {right_ + 9, label.y}, label.series->fill);
      svg_.text({right_ + 17, label.y + 4}, label.text, "label");
    }
  }

  struct Label {
    const Series* series;
    std::string text;
    Place end;    // of the line
    double y;     // of the label
    bool beyond;  // the line leaves the frame
  };
  Label label_of_end(const Series& series) const {
    const Point& last = series.points.back();
    const bool beyond = last.y > y_.high();
    const Place end = place(last);
    return {.series = &series,
            .text = beyond ? fmt::format("{}: {:.3g} \u2191", series.label, last.y) : series.label,
            .end = end,
            .y = beyond ? kTop : end.y,
            .beyond = beyond};
  }

  const Chart& chart_;
  double right_;
  std::vector<double> columns_;  // all x, each once
  Scale x_;
  Scale y_;
  Svg svg_;
};

}  // namespace

std::string draw(const Chart& chart) {
  return LineChart(chart).draw();
}

}  // namespace roost::bench
