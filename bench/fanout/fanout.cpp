#include "bench/fanout/fanout.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/fanout/disk.hpp"
#include "bench/fanout/method.hpp"
#include "bench/fanout/roost_method.hpp"
#include "bench/lab/lab.hpp"
#include "bench/results/machine.hpp"
#include "core/base/error.hpp"

namespace roost::bench {
namespace {

namespace fs = std::filesystem;

bool has_variant(const MethodInfo& method, const std::string& variant) {
  return variant.empty() || std::ranges::find(method.variants, variant) != method.variants.end();
}

std::vector<std::string> variants_of(const FanoutOptions& options) {
  if (options.variants.empty()) return {""};
  auto variants = options.variants;
  std::ranges::replace(variants, std::string(kAsShipped), std::string());
  return variants;
}

struct Contender {
  const MethodInfo* method;
  std::string variant;
  bool operator==(const Contender&) const = default;

  std::string name() const {
    return std::string(method->name) + (variant.empty() ? "" : " (" + variant + ")");
  }
};

class Fanout {
 public:
  Fanout(const FanoutOptions& options, const RunEvents& events, std::stop_token stop)
      : options_(checked(options)),
        events_(events),
        stop_(std::move(stop)),
        scenario_(find_scenario(options.scenario)),
        no_lab_(lab_problem()),
        work_dir_(options.directory),
        artifact_(make_artifact()) {}

  void run(ResultFile& file);

 private:
  static const FanoutOptions& checked(const FanoutOptions& options);
  Artifact make_artifact() const;
  std::vector<Contender> runnable(ResultFile& file) const;
  std::string why_not(const Contender& contender) const;
  RunRequest request(const Contender& contender, unsigned repetition, unsigned nodes) const;
  Run perform(const Contender& contender, unsigned repetition);

  const FanoutOptions& options_;
  const RunEvents& events_;
  std::stop_token stop_;
  const Scenario& scenario_;
  std::string no_lab_;
  WorkDir work_dir_;
  Artifact artifact_;
};

const FanoutOptions& Fanout::checked(const FanoutOptions& options) {
  require_sensible(options.nodes, std::min(options.rate, options.seed_rate.value_or(options.rate)),
                   options.runs);
  if (options.size == 0) throw Error(Errc::usage, "read size: an artifact has at least one byte");
  for (const auto& name : options.methods) find_method(name);
  for (const auto& variant : variants_of(options)) {
    const auto has_it = [&](const auto& name) { return has_variant(find_method(name), variant); };
    if (std::ranges::none_of(options.methods, has_it)) {
      throw Error(Errc::usage, fmt::format("find variant '{}': no method given has it", variant));
    }
  }
  return options;
}

Artifact Fanout::make_artifact() const {
  // A node has at most image and tree, or archive and tree.
  const auto of_size = [&](std::uint64_t size) { return size * (2 * options_.nodes + 4); };
  if (options_.artifact) {
    auto artifact = Artifact::existing(*options_.artifact, work_dir_.path());
    require_space(work_dir_.path(), of_size(artifact.size()));
    return artifact;
  }
  require_space(work_dir_.path(), of_size(options_.size));
  return Artifact::make(options_.shape, options_.size, options_.seed, work_dir_.path());
}

std::string Fanout::why_not(const Contender& contender) const {
  const auto& method = *contender.method;
  if (!no_lab_.empty() && method.needs_lab) return "needs a lab: " + no_lab_;
  if (auto reason = missing_program(method); !reason.empty()) return reason;
  if (const auto reason = method.cannot_run(scenario_); !reason.empty()) {
    return fmt::format("not in scenario {}: {}", scenario_.name, reason);
  }
  if (!has_variant(method, contender.variant)) return "has no such variant";
  return {};
}

std::vector<Contender> Fanout::runnable(ResultFile& file) const {
  std::vector<Contender> result;
  for (const auto& name : options_.methods) {
    for (const auto& variant : variants_of(options_)) {
      const Contender contender{&find_method(name), variant};
      if (const auto reason = why_not(contender); !reason.empty()) {
        file.skipped.push_back(contender.name() + ": " + reason);
        if (events_.skipped) events_.skipped(file.skipped.back());
      } else if (std::ranges::find(result, contender) == result.end()) {
        result.push_back(contender);
      }
    }
  }
  return result;
}

RunRequest Fanout::request(const Contender& contender, unsigned repetition, unsigned nodes) const {
  const auto& method = *contender.method;
  RunRequest request;
  request.method = &method;
  request.repetition = repetition;
  request.with_lab = no_lab_.empty();
  request.plan = make_plan(
      scenario_, {nodes, options_.rate, options_.seed_rate, options_.rtt_s, options_.seed});
  request.directory = work_dir_.run();
  auto& setting = request.setting;
  setting.method = method.name;
  setting.scenario = scenario_.name;
  setting.variant = contender.variant;
  setting.shape = artifact_.shape();
  setting.size = artifact_.size();
  setting.nodes = nodes;
  setting.rate = options_.rate;
  setting.seed_rate = request.plan.seeder;
  setting.rtt_s = request.plan.trunk ? request.plan.trunk->rtt_s : 0;
  setting.tls = method.tls && contender.variant != kNoTls;
  setting.disk = file_system_of(work_dir_.path());
  setting.seed = options_.seed;
  if (events_.progress) {
    request.progress = [this, name = contender.name(), repetition](std::string_view phase,
                                                                   std::size_t done) {
      events_.progress(name, repetition + 1, phase, done);
    };
  }
  return request;
}

Run Fanout::perform(const Contender& contender, unsigned repetition) {
  auto wanted = request(contender, repetition, options_.nodes);
  if (!contender.method->one_server || options_.nodes <= kMostForOneServer) {
    return run_once(wanted, artifact_, stop_);
  }
  const auto measured = run_once(request(contender, repetition, 1), artifact_, stop_);
  return computed_run(wanted, measured);
}

void Fanout::run(ResultFile& file) {
  const auto chosen = runnable(file);
  for (unsigned repetition = 0; repetition < options_.runs; ++repetition) {
    for (const auto& contender : chosen) {
      if (contender.method->one_server && repetition > 0) continue;
      file.runs.push_back(perform(contender, repetition));
      if (events_.finished) events_.finished(file);
    }
  }
}

}  // namespace

ResultFile run_fanout(const FanoutOptions& options, const std::string& command,
                      const RunEvents& events, const std::stop_token& stop) {
  Fanout fanout(options, events, stop);
  ResultFile file;
  file.machine = this_machine();
  file.command = command;
  file.started = rfc3339_now();
  fanout.run(file);
  return file;
}

}  // namespace roost::bench
