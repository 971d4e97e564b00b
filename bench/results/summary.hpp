// What repetitions of one setting come to: each figure's median and range.
//
// A run counts if it stands: nothing failed, every node that had to finish did, with
// the right content. A run whose host was short of CPU is counted as such and enters no
// figure. The order of runs is kept; pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/results/run.hpp"
#include "bench/results/statistics.hpp"

namespace roost::bench {

// A figure of a run: what a table shows, a threshold names and a comparison compares.
struct Figure {
  std::string_view name;   // "ratio_last"
  std::string_view title;  // "last / bound"
  std::string_view unit;   // "s", "x", "copies", ...
  bool judged = true;      // less is better; false: a condition of the run
  double least = 0;        // a difference below this is none
  std::optional<double> (*of)(const Run& run) = nullptr;
};

std::span<const Figure> figures();
const Figure* find_figure(std::string_view name);

struct Summary {
  Setting setting;
  bool computed = false;
  std::map<std::string_view, Spread> figures;   // of what was quoted, by Figure::name
  std::map<std::uint64_t, Spread> class_p50_s;  // by link rate, where rates are mixed
  std::map<std::string, std::size_t> bound_by;  // causes, over the nodes of what was quoted
  std::vector<const Run*> quoted;               // runs behind the figures
  unsigned short_of_cpu = 0;
  std::vector<std::string> failed;  // "run 2: why"
  std::vector<std::string> notes;   // each once

  const Spread* find(std::string_view figure) const;
  std::optional<double> median(std::string_view figure) const;
  const Run* middle_run() const;  // the quoted one with the median t_last_s; the lower of two
};

// How often each cause was named as what bound a node; without those where it isn't known.
using Causes = std::map<std::string, std::size_t>;
Causes causes_of(const Run& run);
std::string to_text(const Causes& causes);  // "own downlink 7, CPU 1", the most frequent first

// Why a run is void; empty when it stands.
std::string why_void(const Run& run);

// One for each setting, in the order in which settings first appear. Keeps pointers into runs.
std::vector<Summary> summarise(const std::vector<Run>& runs);

}  // namespace roost::bench
