// What happened over time in the median run: how many nodes were complete, how fast bytes came.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bench/report/chart.hpp"
#include "bench/report/figure_html.hpp"
#include "bench/report/names.hpp"
#include "bench/report/plots.hpp"

namespace roost::bench {
namespace {

constexpr double kFarBehind = 4;   // of the bound; slower methods don't set the axis
constexpr std::size_t kBins = 60;  // samples are joined until about this many remain

struct Curve {
  const Summary* row;
  const Run* run;
};

std::vector<Curve> curves_of(const Group& group, unsigned nodes) {
  std::vector<Curve> curves;
  for (const Summary* row : group.at(nodes)) {
    if (const Run* run = row->middle_run()) curves.push_back({row, run});
  }
  return curves;
}

double end_of(const Run& run, Milestone milestone = Milestone::done) {
  return time_to_share(run, 1, milestone).value_or(0);
}

// Up to the last node of all methods that are not far behind.
double time_limit(const std::vector<Curve>& curves) {
  double near = 0;
  double nearest = end_of(*curves.front().run);
  for (const Curve& curve : curves) {
    const double end = end_of(*curve.run);
    nearest = std::min(nearest, end);
    if (end <= kFarBehind * curve.run->bound_s) {
      near = std::max({near, end, end_of(*curve.run, Milestone::staged)});
    }
  }
  return 1.08 * std::max(near, nearest);
}

// Percent of the nodes that had to finish, as steps.
std::vector<Point> coverage(const Run& run, Milestone milestone) {
  std::vector<double> times;
  double asked = 0;
  for (const NodeRun& node : run.nodes) {
    if (!node.must_finish) continue;
    ++asked;
    const auto& time = milestone == Milestone::done ? node.done_s : node.staged_s;
    if (time) times.push_back(*time - node.joined_s);
  }
  std::ranges::sort(times);
  std::vector<Point> points{Point{}};
  double share = 0;
  for (const double time : times) {
    points.push_back({.x = time, .y = share});
    share += 100 / asked;
    points.push_back({.x = time, .y = share});
  }
  return points;
}

Reference bound_of(const std::vector<Curve>& curves) {
  const Curve& first = curves.front();
  const bool equal = std::ranges::all_of(curves, [&](const Curve& curve) {
    return std::abs(curve.run->bound_s / first.run->bound_s - 1) < 0.03;
  });
  const auto what = equal ? "bound" : "bound of " + label_of(first.row->setting);
  return {.at = first.run->bound_s, .label = fmt::format("{} {:.2f} s", what, first.run->bound_s)};
}

std::string milestones_text(const Run& run) {
  const double last = end_of(run);
  std::string text = fmt::format("last {:.2f} s", last);
  if (run.bound_s > 0) text += fmt::format(", {:.2f} x bound", last / run.bound_s);
  if (run.computed) text += ", computed";
  return text;
}

double link_of(const Setting& setting) {
  return static_cast<double>(setting.rate) / 1e6;
}

// Mbit/s into one node, on average over all of them.
std::vector<Point> throughput(const Run& run) {
  std::vector<Point> points;
  const std::size_t step = std::max<std::size_t>(1, run.samples.size() / kBins);
  for (std::size_t i = step; i < run.samples.size(); i += step) {
    const Sample& from = run.samples[i - step];
    const Sample& to = run.samples[i];
    if (to.t <= from.t || to.nodes_in < from.nodes_in) continue;
    const double bits = 8 * static_cast<double>(to.nodes_in - from.nodes_in);
    const double rate = bits / (to.t - from.t) / static_cast<double>(run.nodes.size()) / 1e6;
    points.push_back({.x = (from.t + to.t) / 2, .y = rate});
  }
  return points;
}

}  // namespace

std::string coverage_plot(const Group& group, unsigned nodes, const Palette& palette) {
  const auto curves = curves_of(group, nodes);
  if (curves.empty()) return {};
  const auto title = fmt::format("Time to coverage, {} nodes", nodes);
  Chart chart;
  chart.title = title;
  chart.description = "Share of nodes that have the whole artifact, over time. ";
  chart.x_title = "seconds since the start";
  chart.y_title = "nodes complete, %";
  chart.x_limit = time_limit(curves);
  chart.y_limit = 105;
  chart.upright = bound_of(curves);
  std::vector<LegendEntry> legend;
  bool staged = false;
  for (const auto& [row, run] : curves) {
    const auto line = palette.line(row->setting);
    const auto label = label_of(row->setting);
    chart.series.push_back({.label = label,
                            .classes = line,
                            .fill = "",
                            .shape = 0,
                            .labelled = false,
                            .points = coverage(*run, Milestone::done)});
    if (row->find("t_staged_last_s") != nullptr && !row->computed) {
      staged = true;
      chart.series.push_back({.label = label,
                              .classes = line + " faint",
                              .fill = "",
                              .shape = 0,
                              .labelled = false,
                              .points = coverage(*run, Milestone::staged)});
    }
    legend.push_back(
        {.sample = line_sample(line, "", 0), .label = label, .value = milestones_text(*run)});
    chart.description += fmt::format("{}: {}. ", label, milestones_text(*run));
  }
  std::string caption = "The median run of each method. Late nodes count from their arrival.";
  if (staged) caption += " Thin lines: unpacked, synced and in place.";
  return figure_html(title, draw(chart), legend, caption);
}

std::string throughput_plot(const Group& group, unsigned nodes, const Palette& palette) {
  const auto curves = curves_of(group, nodes);
  const auto title = fmt::format("Throughput, {} nodes", nodes);
  Chart chart;
  chart.title = title;
  chart.description = "Average rate of bytes into a node over time, in Mbit/s. ";
  chart.x_title = "seconds since the start";
  chart.y_title = "Mbit/s into a node";
  std::vector<LegendEntry> legend;
  for (const auto& [row, run] : curves) {
    auto points = throughput(*run);
    if (points.empty()) continue;
    const auto line = palette.line(row->setting);
    const auto label = label_of(row->setting);
    const auto most = std::ranges::max_element(points, {}, &Point::y)->y;
    chart.description += fmt::format("{}: at most {:.1f}. ", label, most);
    legend.push_back({.sample = line_sample(line, "", 0), .label = label, .value = ""});
    chart.series.push_back({.label = label,
                            .classes = line,
                            .fill = "",
                            .shape = 0,
                            .labelled = false,
                            .points = std::move(points)});
  }
  if (chart.series.empty()) return {};
  chart.x_limit = time_limit(curves);
  const auto& setting = curves.front().row->setting;
  chart.across = Reference{.at = link_of(setting),
                           .label = "link " + bit_rate(static_cast<double>(setting.rate))};
  return figure_html(title, draw(chart), legend,
                     "Counted on the links, headers included; the median run of each method.");
}

}  // namespace roost::bench
