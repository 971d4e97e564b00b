// roost bench compare A B: better, worse or the same.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "bench/report/compare.hpp"
#include "bench/report/dataset.hpp"
#include "bench/report/names.hpp"
#include "cli/bench_json.hpp"

namespace roost::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct Args {
  fs::path a;
  fs::path b;
  std::vector<bench::Threshold> thresholds;
};

ordered_json whole_json(const bench::Comparison& comparison) {
  auto settings = ordered_json::array();
  for (const auto& compared : comparison.settings) {
    ordered_json figures = ordered_json::object();
    for (const auto& change : compared.changes) {
      ordered_json entry{{"verdict", bench::name_of(change.verdict)},
                         {"a", json_of(change.a)},
                         {"b", json_of(change.b)}};
      if (change.relative) entry["relative"] = *change.relative;
      if (change.p) entry["p"] = *change.p;
      figures[std::string(change.figure->name)] = entry;
    }
    settings.push_back({{"setting", json_of(compared.setting)}, {"figures", figures}});
  }
  return {{"better", comparison.count(bench::Verdict::better)},
          {"same", comparison.count(bench::Verdict::same)},
          {"worse", comparison.count(bench::Verdict::worse)},
          {"settings", settings},
          {"left_out", comparison.left_out}};
}

void print(const bench::Comparison& comparison, Context& context) {
  for (const auto& compared : comparison.settings) {
    context.out.line(describe(compared.setting));
    Table table({{"FIGURE"}, {"A", true}, {"B", true}, {"CHANGE", true}, {"P", true}, {"VERDICT"}});
    for (const auto& change : compared.changes) {
      table.row({std::string(change.figure->name), spread_text(*change.figure, change.a),
                 spread_text(*change.figure, change.b),
                 change.relative ? fmt::format("{:+.1f} %", *change.relative * 100) : "-",
                 change.p ? fmt::format("{:.3f}", *change.p) : "-",
                 std::string(bench::name_of(change.verdict))});
    }
    context.out.table(table);
    context.out.line("");
  }
  for (const auto& text : comparison.left_out) context.out.line("not compared, " + text);
  using enum bench::Verdict;
  context.out.line(fmt::format("{} better, {} the same, {} worse", comparison.count(better),
                               comparison.count(same), comparison.count(worse)));
}

int compare(const Args& args, Context& context) {
  const bench::Dataset a({args.a});
  const bench::Dataset b({args.b});
  const auto comparison = bench::compare(a.summaries(), b.summaries());
  const auto misses = bench::missed(args.thresholds, b.summaries());
  print(comparison, context);
  auto result = whole_json(comparison);
  result["missed"] = json_of(misses);
  context.out.result(result);
  if (comparison.settings.empty()) {
    throw Error(Errc::not_found, "compare results: no setting has runs to quote in both files",
                "run both with the same method, scenario, size, nodes, rates, disk and seed");
  }
  return report_misses(misses, context);
}

}  // namespace

Run setup_bench_compare(Options& options) {
  auto args = std::make_shared<Args>();
  options.about(
      "Says for each setting that both have, and each figure, whether B is better, worse or the\n"
      "same. A difference counts when the medians differ by 2 % or more and, with 4 runs or more\n"
      "on both sides, a two-sided Mann-Whitney test has p < 0.05; with fewer runs it takes 5 %\n"
      "and ranges that don't overlap. --threshold judges B.");
  options.argument("A", args->a, "results before").required().files();
  options.argument("B", args->b, "results after").required().files();
  declare_threshold(options, args->thresholds);
  options.example("roost bench compare results.json results.json");
  return [args](Context& context) { return compare(*args, context); };
}

}  // namespace roost::cli
