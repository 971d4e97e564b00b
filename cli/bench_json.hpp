// What the commands that read benchmark results share: their JSON, their --threshold.
//
// json_of is the form that docs/benchmarks.md describes. Throws as Output does.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "bench/report/threshold.hpp"
#include "cli/command.hpp"

namespace roost::cli {

nlohmann::ordered_json json_of(const bench::Spread& spread);
nlohmann::ordered_json json_of(const bench::Setting& setting);
nlohmann::ordered_json json_of(const bench::Summary& summary);
nlohmann::ordered_json json_of(const std::vector<bench::Miss>& misses);

void declare_threshold(Options& options, std::vector<bench::Threshold>& thresholds);

// Names each on stderr; the status of the command, 9 when there is one.
int report_misses(const std::vector<bench::Miss>& misses, Context& context);

}  // namespace roost::cli
