// roost bench simulate: fan-outs larger than one machine can run.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "bench/fanout/runner.hpp"
#include "bench/results/machine.hpp"
#include "bench/results/summary.hpp"
#include "bench/simulator/simulate.hpp"
#include "cli/bench_json.hpp"
#include "cli/bench_outcome.hpp"
#include "cli/progress_view.hpp"

namespace roost::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct Args {
  bench::SimulateOptions run;
  ByteSize size;
  ByteRate rate;
  std::optional<ByteRate> seed_rate;
  std::optional<ByteRate> trunk;
  std::chrono::milliseconds rtt{0};
  unsigned runs = 1;
  bool plain_seeder = false;
  std::optional<fs::path> out;
  std::vector<bench::Threshold> thresholds;
};

bench::SimulateOptions options_of(const Args& args) {
  auto options = args.run;
  options.size = args.size.bytes;
  options.rate = args.rate.bytes_a_second * 8;
  if (args.seed_rate) options.seed_rate = args.seed_rate->bytes_a_second * 8;
  if (args.trunk) options.trunk = args.trunk->bytes_a_second * 8;
  options.rtt_s = std::chrono::duration<double>(args.rtt).count();
  options.revealing = !args.plain_seeder;
  return options;
}

// So that a result can be repeated; only what differs from the usual.
std::string command_line(const bench::SimulateOptions& options, const Args& args) {
  auto line = fmt::format("roost bench simulate --nodes {} --size {} --rate {}bit", options.nodes,
                          options.size, options.rate);
  if (options.seed_rate) line += fmt::format(" --seed-rate {}bit", *options.seed_rate);
  if (options.rtt_s > 0) line += fmt::format(" --rtt {}ms", args.rtt.count());
  if (options.zones > 1) line += fmt::format(" --zones {}", options.zones);
  if (options.trunk) line += fmt::format(" --trunk {}bit", *options.trunk);
  if (args.plain_seeder) line += " --plain-seeder";
  return line + fmt::format(" --runs {} --seed {}", args.runs, options.seed);
}

class SimulateView : public bench::SimulateWatcher {
 public:
  SimulateView(Context& context, const Args& args) : args_(args), view_(context.out.progress()) {}

  void next_run() { ++run_; }
  void close() { view_.finish(); }

  void progress(double seconds, std::size_t done) override {
    view_.update(0, {.label = "simulation",
                     .phase = "running",
                     .done = 0,
                     .total = 0,
                     .rate = 0,
                     .note = fmt::format("run {} of {}, at {:.2f} s, {} of {} nodes done", run_,
                                         args_.runs, seconds, done, args_.run.nodes)});
  }

 private:
  const Args& args_;
  ProgressView view_;
  unsigned run_ = 0;
};

void add_row(Table& table, const bench::Simulated& simulated, std::uint64_t seed) {
  const auto& run = simulated.run;
  const auto cell = [](std::string_view format, const std::optional<double>& value) {
    return value ? fmt::format(fmt::runtime(format), *value) : std::string("-");
  };
  const auto figure = [&](std::string_view name) { return bench::find_figure(name)->of(run); };
  auto complete = simulated.complete_s;
  if (complete) *complete /= run.bound_s;
  table.row({std::to_string(run.setting.nodes), std::to_string(seed),
             fmt::format("{:.2f} s", run.bound_s), cell("{:.3f}", figure("ratio_p50")),
             cell("{:.3f}", figure("ratio_last")), cell("{:.3f}", complete),
             cell("{:.3f} copies", figure("seeder_bytes_ratio")),
             cell("{:.4f}", figure("redundant_share")), run.failed});
}

Table run_table() {
  return Table({{"NODES", true},
                {"SEED", true},
                {"BOUND", true},
                {"P50", true},
                {"LAST", true},
                {"EVERY PIECE", true},
                {"SEEDER", true},
                {"REDUNDANT", true},
                {"REMARK"}});
}

bench::ResultFile run_all(const Args& args, Context& context) {
  auto options = options_of(args);
  ResultOut out(args.out);
  bench::ResultFile file;
  file.machine = bench::this_machine();
  file.command = command_line(options, args);
  file.started = bench::rfc3339_now();
  out.write(file);
  Table table = run_table();
  SimulateView view(context, args);
  for (unsigned repetition = 0; repetition < args.runs; ++repetition, ++options.seed) {
    view.next_run();
    const auto started = bench::rfc3339_now();
    auto simulated = bench::simulate(options, view, context.stop);
    add_row(table, simulated, options.seed);
    auto& run = file.runs.emplace_back(std::move(simulated.run));
    run.repetition = repetition;
    run.started = started;
    run.setting.seed = args.run.seed;  // runs of one command are repetitions of each other
    out.write(file);
    context.out.item("run", ordered_json::parse(bench::to_json(run)));
  }
  view.close();
  context.out.table(table);
  return file;
}

int simulate(const Args& args, Context& context) {
  if (args.runs == 0) throw Error(Errc::usage, "read runs: at least one");
  const auto file = run_all(args, context);
  return report_runs(file, args.thresholds, context);
}

}  // namespace

Run setup_bench_simulate(Options& options) {
  auto args = std::make_shared<Args>();
  options.about(
      "Computes a fan-out event by event instead of running it, with the tracker's own hand-out\n"
      "and the seeder's own strategy, for more nodes than one machine can run. Rates are goodput.\n"
      "docs/benchmarks.md says what is modelled and what is left out. Results have the form that\n"
      "roost bench report and compare read; the same options give the same result.");
  options.value("nodes", args->run.nodes, "N", "how many nodes, the seeder not counted")
      .fallback("1000");
  options.value("size", args->size, "SIZE", "of the image").fallback("64MiB");
  options.value("rate", args->rate, "RATE", "of a node's link, each way").fallback("50Mbit");
  options.value("seed-rate", args->seed_rate, "RATE",
                "of the seeder's link; a node's if not given");
  options.value("rtt", args->rtt, "TIME", "round trip between zones, or two halves of the nodes")
      .fallback("0");
  options.value("zones", args->run.zones, "K", "named to the tracker, the seeder in the first")
      .fallback("1");
  options.value("trunk", args->trunk, "RATE", "of each zone to all others, each way");
  options.flag("plain-seeder", args->plain_seeder,
               "it shows all pieces to everybody, for comparison");
  options.value("runs", args->runs, "K", "repetitions, each with the next seed").fallback("1");
  options.value("seed", args->run.seed, "N", "of everything random").fallback("1");
  declare_threshold(options, args->thresholds);
  options.value("out", args->out, "FILE", "writes all results there, as JSON, after each run")
      .files();
  options.example("roost bench simulate --nodes 64 --size 16MiB --rate 1Gbit --runs 2");
  options.example(
      "roost bench simulate --nodes 30 --size 8MiB --zones 3 --trunk 100Mbit --rtt 40ms");
  options.example(
      "roost bench simulate --nodes 32 --size 8MiB --threshold 'ratio_last<1.3' --json");
  return [args](Context& context) { return simulate(*args, context); };
}

}  // namespace roost::cli
