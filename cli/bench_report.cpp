// roost bench report FILE...: what benchmark results come to.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "bench/report/names.hpp"
#include "bench/report/page.hpp"
#include "cli/bench_json.hpp"

namespace roost::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct Args {
  std::vector<fs::path> files;
  std::optional<fs::path> html;
  std::vector<bench::Threshold> thresholds;
};

constexpr std::array<std::string_view, 12> kShown{
    "bound_s",         "t_last_s",          "ratio_p50",          "ratio_last",
    "t_staged_last_s", "ratio_staged_last", "seeder_bytes_ratio", "cpu_s_per_gib",
    "link_mib",        "link_over_stored",  "link_over_packed",   "payload_over_stored"};

std::string remark(const bench::Summary& row) {
  std::string text;
  const auto add = [&](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  if (row.short_of_cpu > 0) add(fmt::format("{} short of CPU", row.short_of_cpu));
  for (const auto& why : row.failed) add(why);
  for (const auto& note : row.notes) add(note);
  return text;
}

Table group_table(const bench::Group& group) {
  std::vector<const bench::Figure*> figures;
  for (const auto name : kShown) {
    if (std::ranges::any_of(group.rows, [&](const auto* row) { return row->find(name); })) {
      figures.push_back(bench::find_figure(name));
    }
  }
  std::vector<Column> columns{{"NODES", true}, {"METHOD"}};
  for (const auto* figure : figures) columns.push_back({std::string(figure->name), true});
  columns.insert(columns.end(), {{"BOUND BY, NODES"}, {"RUNS", true}, {"REMARK"}});
  Table table(std::move(columns));
  for (const auto* row : group.rows) {
    std::vector<std::string> cells{std::to_string(row->setting.nodes), label_of(row->setting)};
    for (const auto* figure : figures) {
      const auto* spread = row->find(figure->name);
      cells.push_back(spread == nullptr ? "-" : spread_text(*figure, *spread));
    }
    const auto causes = bench::to_text(row->bound_by);
    cells.insert(cells.end(), {causes.empty() ? "-" : causes, runs_text(*row), remark(*row)});
    table.row(std::move(cells));
  }
  return table;
}

void print_sources(const bench::Dataset& data, Context& context) {
  for (const auto& source : data.sources()) {
    context.out.line(fmt::format("{}: {}, {} cores, {}, {}", source.file, source.machine.cpu,
                                 source.machine.cores, source.machine.kernel, source.started));
    if (!source.command.empty()) context.out.line("  " + source.command);
    for (const auto& skipped : source.skipped) context.out.line("  skipped " + skipped);
  }
}

void write_page(const fs::path& path, const std::string& html) {
  std::ofstream file(path, std::ios::binary);
  file << html << std::flush;
  if (!file) throw_errno("write " + path.string());
}

int report(const Args& args, Context& context) {
  const bench::Dataset data(args.files);
  const auto misses = bench::missed(args.thresholds, data.summaries());
  if (args.html) write_page(*args.html, bench::html_page(data, misses));
  for (const auto& group : data.groups()) {
    context.out.line(group.title);
    context.out.table(group_table(group));
    context.out.line("");
  }
  print_sources(data, context);
  auto settings = ordered_json::array();
  for (const auto& summary : data.summaries()) settings.push_back(json_of(summary));
  ordered_json result{{"settings", settings}, {"missed", json_of(misses)}};
  if (args.html) result["html"] = args.html->string();
  context.out.result(result);
  return report_misses(misses, context);
}

}  // namespace

Run setup_bench_report(Options& options) {
  auto args = std::make_shared<Args>();
  options.about(
      "Sums up what roost bench fanout --out wrote: medians with their ranges, a row for each\n"
      "method. Runs whose host was short of CPU are counted and enter no figure. --html writes a\n"
      "page with plots that needs nothing else. With --threshold the status is 9 when a median\n"
      "misses a limit, such as 'ratio_last<1.15' or 'roost:cpu_s_per_gib<=4'; lines by formula\n"
      "are not judged.");
  options.arguments("FILE", args->files, "results of roost bench fanout").required().files();
  options.value("html", args->html, "OUT", "writes the report as a page").files();
  declare_threshold(options, args->thresholds);
  options.example("roost bench report results.json --html report.html");
  options.example("roost bench report results.json --threshold 'roost:ratio_last<9' --json");
  return [args](Context& context) { return report(*args, context); };
}

}  // namespace roost::cli
