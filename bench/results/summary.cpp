#include "bench/results/summary.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace roost::bench {
namespace {

void add_note(Summary& summary, const std::string& note) {
  if (note.empty() || std::ranges::find(summary.notes, note) != summary.notes.end()) return;
  summary.notes.push_back(note);
}

void add_run(Summary& summary, const Run& run) {
  add_note(summary, run.note);
  if (const auto why = why_void(run); !why.empty()) {
    summary.failed.push_back("run " + std::to_string(run.repetition + 1) + ": " + why);
  } else if (run.short_of_cpu) {
    ++summary.short_of_cpu;
  } else {
    summary.computed = run.computed;
    summary.quoted.push_back(&run);
  }
}

// A figure that only some of the runs have is left out: its median would be of the lucky ones.
void add_figures(Summary& summary) {
  if (summary.quoted.empty()) return;
  for (const Figure& figure : figures()) {
    std::vector<double> values;
    for (const Run* run : summary.quoted) {
      if (const auto value = figure.of(*run)) values.push_back(*value);
    }
    if (values.size() == summary.quoted.size()) {
      summary.figures.emplace(figure.name, spread_of(std::move(values)));
    }
  }
}

void add_classes(Summary& summary) {
  std::map<std::uint64_t, std::vector<double>> classes;
  for (const Run* run : summary.quoted) {
    std::map<std::uint64_t, Run> parts;
    for (const NodeRun& node : run->nodes) {
      if (node.must_finish) parts[node.rate].nodes.push_back(node);
    }
    for (const auto& [rate, part] : parts) {
      if (const auto p50 = time_to_share(part, 0.5, Milestone::done)) {
        classes[rate].push_back(*p50);
      }
    }
  }
  if (classes.size() < 2) return;
  for (auto& [rate, values] : classes) {
    summary.class_p50_s.emplace(rate, spread_of(std::move(values)));
  }
}

void add_causes(Summary& summary) {
  for (const Run* run : summary.quoted) {
    for (const auto& [cause, nodes] : causes_of(*run)) summary.bound_by[cause] += nodes;
  }
}

}  // namespace

Causes causes_of(const Run& run) {
  Causes causes;
  for (const NodeRun& node : run.nodes) {
    if (!node.bound_by.empty()) ++causes[node.bound_by];
  }
  return causes;
}

std::string to_text(const Causes& causes) {
  std::vector<std::pair<std::string, std::size_t>> sorted(causes.begin(), causes.end());
  std::ranges::stable_sort(sorted, std::greater{}, [](const auto& each) { return each.second; });
  std::string text;
  for (const auto& [cause, nodes] : sorted) {
    text += (text.empty() ? "" : ", ") + cause + " " + std::to_string(nodes);
  }
  return text;
}

std::string why_void(const Run& run) {
  if (!run.failed.empty()) return run.failed;
  if (!time_to_share(run, 1, Milestone::done)) return "not every node finished";
  if (run.computed) return {};
  for (const NodeRun& node : run.nodes) {
    if (node.must_finish && !node.content_ok) return "wrong content on " + node.name;
  }
  return {};
}

const Spread* Summary::find(std::string_view figure) const {
  const auto found = figures.find(figure);
  return found == figures.end() ? nullptr : &found->second;
}

std::optional<double> Summary::median(std::string_view figure) const {
  const Spread* spread = find(figure);
  return spread == nullptr ? std::nullopt : std::optional(spread->median);
}

const Run* Summary::middle_run() const {
  if (quoted.empty()) return nullptr;
  const auto last = [](const Run* run) { return time_to_share(*run, 1, Milestone::done); };
  auto sorted = quoted;
  std::ranges::stable_sort(sorted, {}, last);
  return sorted[(sorted.size() - 1) / 2];
}

std::vector<Summary> summarise(const std::vector<Run>& runs) {
  std::vector<Summary> summaries;
  for (const Run& run : runs) {
    auto found = std::ranges::find(summaries, run.setting, &Summary::setting);
    if (found == summaries.end()) {
      summaries.emplace_back().setting = run.setting;
      found = summaries.end() - 1;
    }
    add_run(*found, run);
  }
  for (Summary& summary : summaries) {
    add_figures(summary);
    add_classes(summary);
    add_causes(summary);
  }
  return summaries;
}

}  // namespace roost::bench
