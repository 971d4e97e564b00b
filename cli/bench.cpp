// roost bench fanout, roost bench clean
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "bench/fanout/disk.hpp"
#include "bench/fanout/fanout.hpp"
#include "bench/fanout/method.hpp"
#include "bench/fanout/scenarios.hpp"
#include "bench/lab/lab.hpp"
#include "bench/report/names.hpp"
#include "bench/results/summary.hpp"
#include "cli/bench_lab.hpp"

namespace roost::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct Args {
  bench::FanoutOptions run;
  ByteSize size;
  ByteRate rate;
  std::optional<ByteRate> seed_rate;
  std::chrono::milliseconds rtt{0};
  std::string shape;
  LabOptions lab;
};

std::vector<std::string> method_names() {
  std::vector<std::string> names;
  for (const auto& method : bench::methods()) names.emplace_back(method.name);
  return names;
}

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const auto& scenario : bench::scenarios()) names.emplace_back(scenario.name);
  return names;
}

bench::FanoutOptions options_of(const Args& args) {
  auto options = args.run;
  options.size = args.size.bytes;
  options.rate = args.rate.bytes_a_second * 8;
  if (args.seed_rate) options.seed_rate = args.seed_rate->bytes_a_second * 8;
  options.rtt_s = std::chrono::duration<double>(args.rtt).count();
  options.shape = args.shape == "tree" ? bench::Shape::tree : bench::Shape::blob;
  options.runs = args.lab.runs;
  options.seed = args.lab.seed;
  options.directory = args.lab.place();
  return options;
}

// So that a result can be repeated; only what differs from the usual.
std::string command_line(const bench::FanoutOptions& options, const Args& args) {
  auto line =
      fmt::format("roost bench fanout --nodes {} --rate {}bit", options.nodes, options.rate);
  if (options.artifact) {
    line += " --artifact " + options.artifact->string();
  } else {
    line += fmt::format(" --size {} --shape {}", options.size, args.shape);
  }
  if (options.seed_rate) line += fmt::format(" --seed-rate {}bit", *options.seed_rate);
  if (options.rtt_s > 0) line += fmt::format(" --rtt {}ms", args.rtt.count());
  for (const auto& method : options.methods) line += " --method " + method;
  line += fmt::format(" --scenario {} --runs {} --seed {}", options.scenario, options.runs,
                      options.seed);
  for (const auto& variant : options.variants) line += " --variant " + variant;
  if (!args.lab.disk.empty()) line += " --disk " + args.lab.disk;
  return line;
}

std::string ratio(const std::optional<double>& seconds, double bound) {
  return seconds && bound > 0 ? fmt::format("{:.2f} s ({:.3f})", *seconds, *seconds / bound) : "-";
}

Table run_table(const std::vector<bench::Run>& runs) {
  using bench::Milestone;
  Table table({{"METHOD"},
               {"RUN", true},
               {"BOUND", true},
               {"P50", true},
               {"LAST", true},
               {"LAST STAGED", true},
               {"SEEDER", true},
               {"CPU", true},
               {"BUSY", true},
               {"BOUND BY, NODES"},
               {"REMARK"}});
  for (const auto& run : runs) {
    const auto copies = run.wire_bytes == 0 ? 0
                                            : static_cast<double>(run.seeder_bytes) /
                                                  static_cast<double>(run.wire_bytes);
    const auto causes = bench::to_text(bench::causes_of(run));
    table.row({bench::label_of(run.setting), std::to_string(run.repetition + 1),
               fmt::format("{:.2f} s", run.bound_s),
               ratio(bench::time_to_share(run, 0.5, Milestone::done), run.bound_s),
               ratio(bench::time_to_share(run, 1, Milestone::done), run.bound_s),
               ratio(bench::time_to_share(run, 1, Milestone::staged), run.bound_s),
               fmt::format("{:.2f} copies", copies), fmt::format("{:.1f} s", run.cpu_s),
               fmt::format("{:.0f} %", run.host_busy * 100), causes.empty() ? "-" : causes,
               remark_of(run)});
  }
  return table;
}

int fanout(const Args& args, Context& context) {
  const auto options = options_of(args);
  const auto command = command_line(options, args);
  const auto file =
      run_shown(context, args.lab, command, options.nodes, [&](const bench::RunEvents& events) {
        return bench::run_fanout(options, command, events, context.stop);
      });
  context.out.table(run_table(file.runs));
  return report_runs(file, args.lab.thresholds, context);
}

int clean(Context& context, const std::optional<fs::path>& dir) {
  auto removed = bench::clean_labs();
  std::vector<fs::path> places{kBenchDisk, kBenchMemory};
  if (dir) places.push_back(*dir);
  for (auto& name : bench::clean_work_dirs(places)) removed.push_back(std::move(name));
  for (const auto& name : removed) context.out.line("removed " + name);
  if (removed.empty()) context.out.line("nothing was left behind");
  context.out.result({{"removed", removed}});
  return 0;
}

void declare_what(Options& options, Args& args) {
  options.value("nodes", args.run.nodes, "N", "how many nodes, the seeder not counted")
      .fallback("8");
  options
      .values("method", args.run.methods, "METHOD", "what brings the artifact to them; repeatable")
      .required()
      .choices(method_names());
  options.value("scenario", args.run.scenario, "NAME", "what is unusual")
      .fallback("equal")
      .choices(scenario_names());
  options.value("size", args.size, "SIZE", "of the artifact").fallback("64MiB");
  options
      .value("shape", args.shape, "SHAPE", "one file of random bytes, or a tree of many that pack")
      .fallback("blob")
      .choices({"blob", "tree"});
  options.value("artifact", args.run.artifact, "DIR", "a real tree instead").files();
  options.value("rate", args.rate, "RATE", "of a node's link, each way").fallback("50Mbit");
  options.value("seed-rate", args.seed_rate, "RATE",
                "of the seeder's link; the scenario's if not given");
  options.value("rtt", args.rtt, "TIME", "round trip between two halves of the nodes")
      .fallback("0");
  options.values(
      "variant", args.run.variants, "NAME",
      "leaves out or changes something: no-tls, without-PART, or as-shipped; repeatable");
}

}  // namespace

Run setup_bench_fanout(Options& options) {
  auto args = std::make_shared<Args>();
  options.about(
      "Brings one artifact to N nodes by several methods, each node a host of its own with a\n"
      "shaped link, and compares the last node's time with the physical bound. Needs root for the\n"
      "lab of network namespaces; without it `roost` alone runs, on loopback with rate limits.\n"
      "Every node's content is compared with the artifact. Times count from one instant: for "
      "roost\n"
      "the tracker's commit with nodes following, for others the start of their clients.");
  declare_what(options, *args);
  args->lab.declare(options);
  const std::string start =
      "roost bench fanout --nodes 2 --size 1MiB --rate 200Mbit --method roost";
  options.example(start);
  options.example(start + " --method aria2 --method http --shape tree --out result.json");
  options.example(start + " --artifact ./build-output --json");
  return [args](Context& context) { return fanout(*args, context); };
}

Run setup_bench_clean(Options& options) {
  auto dir = std::make_shared<std::optional<fs::path>>();
  options.about(
      "Removes the labs and files of benchmarks that were killed: network namespaces with what\n"
      "still runs in them, and directories in /var/tmp and /dev/shm. What a living benchmark uses\n"
      "stays.");
  options.value("dir", *dir, "DIR", "looks there as well").files();
  options.example("roost bench clean");
  return [dir](Context& context) { return clean(context, *dir); };
}

}  // namespace roost::cli
