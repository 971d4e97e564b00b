#include "cli/bench_json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace roost::cli {

using nlohmann::ordered_json;

ordered_json json_of(const bench::Spread& spread) {
  return {{"median", spread.median},
          {"min", spread.min},
          {"max", spread.max},
          {"runs", spread.values.size()}};
}

ordered_json json_of(const bench::Setting& setting) {
  return {{"method", setting.method},
          {"scenario", setting.scenario},
          {"variant", setting.variant},
          {"shape", setting.shape == bench::Shape::blob ? "blob" : "tree"},
          {"size", setting.size},
          {"nodes", setting.nodes},
          {"rate", setting.rate},
          {"seed_rate", setting.seed_rate},
          {"rtt_s", setting.rtt_s},
          {"tls", setting.tls},
          {"disk", setting.disk},
          {"seed", setting.seed}};
}

ordered_json json_of(const bench::Summary& summary) {
  ordered_json figures = ordered_json::object();
  for (const auto& figure : bench::figures()) {
    if (const auto* spread = summary.find(figure.name)) {
      figures[std::string(figure.name)] = json_of(*spread);
    }
  }
  ordered_json classes = ordered_json::object();
  for (const auto& [rate, spread] : summary.class_p50_s) {
    classes[std::to_string(rate)] = json_of(spread);
  }
  return {{"setting", json_of(summary.setting)},
          {"computed", summary.computed},
          {"runs_quoted", summary.quoted.size()},
          {"runs_short_of_cpu", summary.short_of_cpu},
          {"failed", summary.failed},
          {"notes", summary.notes},
          {"figures", figures},
          {"class_p50_s", classes},
          {"bound_by", summary.bound_by}};
}

ordered_json json_of(const std::vector<bench::Miss>& misses) {
  auto list = ordered_json::array();
  for (const auto& miss : misses) {
    list.push_back({{"threshold", miss.threshold}, {"setting", miss.setting}, {"why", miss.why}});
  }
  return list;
}

void declare_threshold(Options& options, std::vector<bench::Threshold>& thresholds) {
  options.values("threshold", thresholds, "LIMIT",
                 "limit of a median, [METHOD:]FIGURE<NUMBER; status 9 when missed; repeatable");
}

int report_misses(const std::vector<bench::Miss>& misses, Context& context) {
  for (const auto& miss : misses) {
    context.out.note(fmt::format("missed {}: {}{}{}", miss.threshold, miss.setting,
                                 miss.setting.empty() ? "" : " ", miss.why));
  }
  return misses.empty() ? 0 : errc_info(Errc::threshold).exit_status;
}

}  // namespace roost::cli
