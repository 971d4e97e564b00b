#include "bench/delta/delta.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/delta/chunks.hpp"
#include "bench/fanout/disk.hpp"
#include "bench/lab/lab.hpp"
#include "bench/results/machine.hpp"
#include "core/base/error.hpp"

namespace roost::bench {
namespace {

constexpr const char* kScenario = "equal";  // of the links
constexpr const char* kOfTrees = "delta-trees";

class DeltaBench {
 public:
  DeltaBench(const DeltaOptions& options, const RunEvents& events, std::stop_token stop)
      : options_(checked(options)),
        events_(events),
        stop_(std::move(stop)),
        no_lab_(lab_problem()),
        work_dir_(options.directory),
        pair_(make_trees()),
        update_(update_of(pair_, work_dir_.path(), stop_)),
        artifact_(Artifact::update(pair_.old_tree, pair_.new_tree, work_dir_.path())) {}

  void run(ResultFile& file);

 private:
  static const DeltaOptions& checked(const DeltaOptions& options);
  TreePair make_trees() const;
  std::string why_not(const MethodInfo& method) const;
  std::vector<const MethodInfo*> runnable(ResultFile& file) const;
  RunRequest request(const MethodInfo& method, unsigned repetition, unsigned nodes) const;
  Run perform(const MethodInfo& method, unsigned repetition);

  const DeltaOptions& options_;
  const RunEvents& events_;
  std::stop_token stop_;
  std::string no_lab_;
  WorkDir work_dir_;
  TreePair pair_;
  Update update_;
  Artifact artifact_;
};

const DeltaOptions& DeltaBench::checked(const DeltaOptions& options) {
  require_sensible(options.nodes, options.rate, options.runs);
  if (options.from.has_value() != options.to.has_value()) {
    throw Error(Errc::usage, "read options: --from and --to go together",
                "give both trees, or neither and a --case");
  }
  find_change_case(options.change);
  for (const auto& name : options.methods) find_method(name, delta_methods());
  return options;
}

// At a node lie the old and the new tree and an image or archive of each.
TreePair DeltaBench::make_trees() const {
  const auto require = [&](std::uint64_t size) {
    require_space(work_dir_.path(), size * (4 * options_.nodes + 8));
  };
  const auto& directory = work_dir_.path();
  if (options_.from) {
    require(Artifact::existing(*options_.to, directory).size());
    return copy_pair(*options_.from, *options_.to, directory);
  }
  require(options_.size);
  return make_pair(find_change_case(options_.change), options_.size, options_.seed, directory);
}

std::string DeltaBench::why_not(const MethodInfo& method) const {
  if (!no_lab_.empty() && method.needs_lab) return "needs a lab: " + no_lab_;
  return missing_program(method);
}

std::vector<const MethodInfo*> DeltaBench::runnable(ResultFile& file) const {
  std::vector<const MethodInfo*> result;
  for (const auto& method : delta_methods()) {
    const auto& wanted = options_.methods;
    if (!wanted.empty() && std::ranges::find(wanted, method.name) == wanted.end()) continue;
    if (const auto reason = why_not(method); !reason.empty()) {
      file.skipped.push_back(std::string(method.name) + ": " + reason);
      if (events_.skipped) events_.skipped(file.skipped.back());
    } else {
      result.push_back(&method);
    }
  }
  return result;
}

RunRequest DeltaBench::request(const MethodInfo& method, unsigned repetition,
                               unsigned nodes) const {
  RunRequest request;
  request.method = &method;
  request.repetition = repetition;
  request.with_lab = no_lab_.empty();
  request.plan =
      make_plan(find_scenario(kScenario), {nodes, options_.rate, std::nullopt, 0, options_.seed});
  request.directory = work_dir_.run();
  auto& setting = request.setting;
  setting.method = method.name;
  setting.scenario = options_.from ? kOfTrees : "delta-" + options_.change;
  setting.shape = artifact_.shape();
  setting.size = artifact_.size();
  setting.nodes = nodes;
  setting.rate = options_.rate;
  setting.seed_rate = request.plan.seeder;
  setting.tls = method.tls;
  setting.disk = file_system_of(work_dir_.path());
  setting.seed = options_.seed;
  if (events_.progress) {
    request.progress = [this, name = std::string(method.name), repetition](std::string_view phase,
                                                                           std::size_t done) {
      events_.progress(name, repetition + 1, phase, done);
    };
  }
  return request;
}

// One server's line from a run with one node: as many bytes for each, and never sooner.
Run computed_line(const RunRequest& wanted, const Run& measured) {
  auto run = computed_run(wanted, measured);
  if (measured.nodes.empty()) return run;
  const auto& one = measured.nodes.front();
  for (auto& node : run.nodes) {
    node.bytes_in = one.bytes_in;
    node.bytes_payload = one.bytes_payload;
    node.done_s = std::max(node.done_s, one.done_s);
    node.staged_s = std::max(node.staged_s, one.staged_s);
  }
  return run;
}

Run DeltaBench::perform(const MethodInfo& method, unsigned repetition) {
  const auto wanted = request(method, repetition, options_.nodes);
  Run run;
  if (!method.one_server || options_.nodes <= kMostForOneServer) {
    run = run_once(wanted, artifact_, stop_);
  } else {
    run = computed_line(wanted, run_once(request(method, repetition, 1), artifact_, stop_));
  }
  run.update = update_;
  return run;
}

void DeltaBench::run(ResultFile& file) {
  const auto chosen = runnable(file);
  for (unsigned repetition = 0; repetition < options_.runs; ++repetition) {
    for (const auto* method : chosen) {
      file.runs.push_back(perform(*method, repetition));
      if (events_.finished) events_.finished(file);
    }
  }
}

}  // namespace

ResultFile run_delta(const DeltaOptions& options, const std::string& command,
                     const RunEvents& events, const std::stop_token& stop) {
  ResultFile file;
  file.machine = this_machine();
  file.command = command;
  file.started = rfc3339_now();
  DeltaBench(options, events, stop).run(file);
  return file;
}

}  // namespace roost::bench
