// roost bench delta
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "bench/delta/delta.hpp"
#include "bench/report/names.hpp"
#include "bench/results/summary.hpp"
#include "cli/bench_lab.hpp"

namespace roost::cli {
namespace {

namespace fs = std::filesystem;

struct Args {
  bench::DeltaOptions run;
  ByteSize size;
  ByteRate rate;
  LabOptions lab;
};

template <class Table>
std::vector<std::string> names_of(const Table& table) {
  std::vector<std::string> names;
  for (const auto& each : table) names.emplace_back(each.name);
  return names;
}

bench::DeltaOptions options_of(const Args& args) {
  auto options = args.run;
  options.size = args.size.bytes;
  options.rate = args.rate.bytes_a_second * 8;
  options.runs = args.lab.runs;
  options.seed = args.lab.seed;
  options.directory = args.lab.place();
  return options;
}

// So that a result can be repeated; only what differs from the usual.
std::string command_line(const bench::DeltaOptions& options, const Args& args) {
  auto line = fmt::format("roost bench delta --nodes {} --rate {}bit", options.nodes, options.rate);
  if (options.from && options.to) {
    line += " --from " + options.from->string() + " --to " + options.to->string();
  } else {
    line += fmt::format(" --case {} --size {}", options.change, options.size);
  }
  for (const auto& method : options.methods) line += " --method " + method;
  line += fmt::format(" --runs {} --seed {}", options.runs, options.seed);
  if (!args.lab.disk.empty()) line += " --disk " + args.lab.disk;
  return line;
}

std::string size_text(double bytes) {
  return format_size(static_cast<std::uint64_t>(bytes));
}

std::string update_text(const bench::Run& run) {
  const auto& update = *run.update;
  auto text =
      fmt::format("{}: {} to {}; changed chunks {} as stored, index {}", run.setting.scenario,
                  format_size(update.old_size), format_size(run.setting.size),
                  format_size(update.stored_bytes), format_size(update.index_bytes));
  if (update.changed_bytes && update.changed_packed) {
    text += fmt::format("; changed bytes {}, {} when packed by themselves",
                        format_size(*update.changed_bytes), format_size(*update.changed_packed));
  }
  return text;
}

// Bytes of one node in the mean, and what they are over the changed chunks and bytes.
std::vector<std::string> bytes_cells(const bench::Run& run, const std::string& what) {
  const auto cell = [&](const std::string& name, const auto& text) {
    const auto value = bench::find_figure(what + name)->of(run);
    return value ? text(*value) : std::string("-");
  };
  const auto ratio = [](double value) { return fmt::format("{:.3f}", value); };
  return {cell("_mib", [](double mib) { return size_text(mib * 1024 * 1024); }),
          cell("_over_stored", ratio), cell("_over_packed", ratio)};
}

Table run_table(const std::vector<bench::Run>& runs) {
  Table table({{"METHOD"},
               {"RUN", true},
               {"LAST STAGED", true},
               {"LINK", true},
               {"/ CHUNKS", true},
               {"/ PACKED", true},
               {"PAYLOAD", true},
               {"/ CHUNKS", true},
               {"/ PACKED", true},
               {"REUSED", true},
               {"SEEDER SENT", true},
               {"CPU", true},
               {"BUSY", true},
               {"REMARK"}});
  for (const auto& run : runs) {
    const auto last = bench::time_to_share(run, 1, bench::Milestone::staged);
    const auto reused = bench::find_figure("reused_mib")->of(run);
    std::vector<std::string> row{run.setting.method, std::to_string(run.repetition + 1),
                                 last ? fmt::format("{:.2f} s", *last) : "-"};
    for (const auto* what : {"link", "payload"}) {
      for (auto& cell : bytes_cells(run, what)) row.push_back(std::move(cell));
    }
    row.insert(row.end(), {reused ? size_text(*reused * 1024 * 1024) : "-",
                           format_size(run.seeder_bytes), fmt::format("{:.1f} s", run.cpu_s),
                           fmt::format("{:.0f} %", run.host_busy * 100), remark_of(run)});
    table.row(std::move(row));
  }
  return table;
}

int delta(const Args& args, Context& context) {
  const auto options = options_of(args);
  const auto command = command_line(options, args);
  const auto file =
      run_shown(context, args.lab, command, options.nodes, [&](const bench::RunEvents& events) {
        return bench::run_delta(options, command, events, context.stop);
      });
  if (!file.runs.empty()) context.out.line(update_text(file.runs.front()));
  context.out.table(run_table(file.runs));
  return report_runs(file, args.lab.thresholds, context);
}

}  // namespace

Run setup_bench_delta(Options& options) {
  auto args = std::make_shared<Args>();
  options.about(
      "Brings a release to N nodes that hold the one before, by several methods, and says how\n"
      "many bytes each node received and when the last one had it staged. Nodes are as for\n"
      "roost bench fanout. LINK is what a node's link carried, PAYLOAD what the node or its\n"
      "server counts, both the mean of all nodes, beside the stored size of the chunks that\n"
      "the old release lacks (/ CHUNKS) and the changed bytes packed by themselves (/ PACKED).");
  options.value("nodes", args->run.nodes, "N", "how many nodes, the seeder not counted")
      .fallback("8");
  options
      .values("method", args->run.methods, "METHOD",
              "what brings it to them; all that are installed if not given; repeatable")
      .choices(names_of(bench::delta_methods()));
  options.value("case", args->run.change, "NAME", "what changes in a tree that is made for it")
      .fallback("in-place")
      .choices(names_of(bench::change_cases()));
  options.value("size", args->size, "SIZE", "of that tree").fallback("64MiB");
  options.value("from", args->run.from, "DIR", "the tree that nodes hold, with --to instead")
      .files();
  options.value("to", args->run.to, "DIR", "the tree that they are to get").files();
  options.value("rate", args->rate, "RATE", "of a node's link, each way").fallback("50Mbit");
  args->lab.declare(options);
  const std::string start = "roost bench delta --nodes 2 --rate 200Mbit ";
  options.example(start + "--size 4MiB --method roost");
  options.example(start + "--case rename-dir --size 1MiB --method roost --method rsync");
  options.example(start + "--from build-output --to build-output --method roost --json");
  return [args](Context& context) { return delta(*args, context); };
}

}  // namespace roost::cli
