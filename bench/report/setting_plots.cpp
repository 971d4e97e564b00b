// What is drawn once for each setting: figures against the number of nodes, and bars.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "bench/report/chart.hpp"
#include "bench/report/figure_html.hpp"
#include "bench/report/names.hpp"
#include "bench/report/plots.hpp"

namespace roost::bench {
namespace {

std::string row_label(const Summary& row) {
  return fmt::format("{}, {} nodes", label_of(row.setting), row.setting.nodes);
}

Series& series_of(std::vector<Series>& all, const Setting& setting, const Palette& palette) {
  const auto label = label_of(setting);
  const auto found = std::ranges::find(all, label, &Series::label);
  if (found != all.end()) return *found;
  return all.emplace_back(Series{.label = label,
                                 .classes = palette.line(setting),
                                 .fill = palette.fill(setting),
                                 .shape = palette.shape(setting),
                                 .labelled = true,
                                 .points = {}});
}

std::string cause_class(std::size_t index) {
  return fmt::format("fill c{}", index % 8);
}

// A server whose time grows with the nodes would press all others into a line at the bottom, so
// what gets far away doesn't set the range.
void set_range(Chart& chart) {
  constexpr double kFar = 4;
  constexpr double kLeast = 1.2;  // noise is not to fill the frame
  double low = chart.across ? chart.across->at : 0;
  double high = 0;
  for (const Series& series : chart.series) {
    if (std::ranges::any_of(series.points, [](const Point& point) { return point.y > kFar; })) {
      continue;
    }
    for (const Point& point : series.points) {
      low = std::min(low, point.low);
      high = std::max(high, point.high);
    }
  }
  if (high == 0) return;  // all are far: there is nothing to keep apart
  high = std::max(high, kLeast);
  const double margin = 0.12 * (high - low);
  chart.y_from = std::max(0.0, low - margin);
  chart.y_limit = high + margin;
}

}  // namespace

std::string scaling_plot(const Group& group, const Scaling& what, const Palette& palette) {
  const Figure& figure = *find_figure(what.figure);
  Chart chart;
  chart.title = what.title;
  chart.description = fmt::format("{} against the number of nodes. ", what.y_title);
  chart.x_title = "nodes";
  chart.y_title = what.y_title;
  chart.columns = true;
  if (!what.reference.empty())
    chart.across = Reference{.at = 1, .label = std::string(what.reference)};
  for (const Summary* row : group.rows) {
    const Spread* spread = row->find(figure.name);
    if (spread == nullptr) continue;
    series_of(chart.series, row->setting, palette)
        .points.push_back({.x = static_cast<double>(row->setting.nodes),
                           .y = spread->median,
                           .low = spread->min,
                           .high = spread->max});
    chart.description += fmt::format("{}: {}. ", row_label(*row), spread_text(figure, *spread));
  }
  if (chart.series.empty()) return {};
  set_range(chart);
  return figure_html(what.title, draw(chart), {}, "Medians; the upright lines are the ranges.");
}

std::string cpu_plot(const Group& group, const Palette& palette) {
  const Figure& figure = *find_figure("cpu_s_per_gib");
  BarChart chart;
  chart.title = "Processor time per GiB delivered";
  chart.description = "CPU seconds of all processes of a method per GiB delivered. ";
  chart.x_title = "CPU seconds per GiB";
  for (const Summary* row : group.rows) {
    const Spread* spread = row->find(figure.name);
    if (spread == nullptr) continue;
    chart.bars.push_back(
        {.label = row_label(*row),
         .segments = {{.value = spread->median, .classes = palette.fill(row->setting)}},
         .text = value_text(figure, spread->median)});
    chart.description += fmt::format("{}: {}. ", row_label(*row), spread_text(figure, *spread));
  }
  if (chart.bars.empty()) return {};
  return figure_html(chart.title, draw(chart), {},
                     "All processes, seeder and tracker included; medians. Less is better.");
}

std::string bound_by_plot(const Group& group) {
  std::vector<std::string> names;
  for (const Summary* row : group.rows) {
    for (const auto& [cause, count] : row->bound_by) {
      if (std::ranges::find(names, cause) == names.end()) names.push_back(cause);
    }
  }
  if (names.empty()) return {};
  BarChart chart;
  chart.title = "What bound each node";
  chart.description = "Share of nodes by what each of them waited for most. ";
  chart.x_title = "% of nodes";
  chart.x_limit = 100;
  for (const Summary* row : group.rows) {
    const auto& causes = row->bound_by;
    std::size_t total = 0;
    for (const auto& [cause, count] : causes) total += count;
    if (total == 0) continue;
    auto& bar = chart.bars.emplace_back(Bar{.label = row_label(*row), .segments = {}, .text = ""});
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto found = causes.find(names[i]);
      if (found == causes.end()) continue;
      const double percent = 100 * static_cast<double>(found->second) / static_cast<double>(total);
      bar.segments.push_back({.value = percent, .classes = cause_class(i)});
      chart.description += fmt::format("{}: {} {:.0f} %. ", row_label(*row), names[i], percent);
    }
  }
  std::vector<LegendEntry> legend;
  for (std::size_t i = 0; i < names.size(); ++i) {
    legend.push_back({.sample = box_sample(cause_class(i)), .label = names[i], .value = ""});
  }
  return figure_html(chart.title, draw(chart), legend,
                     "The largest share of each node's time, over all quoted runs.");
}

}  // namespace roost::bench
