#include "bench/fanout/runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <numeric>
#include <thread>

#include "bench/fanout/disk.hpp"
#include "bench/fanout/run_disk.hpp"
#include "bench/lab/host_cpu.hpp"
#include "bench/results/bound.hpp"
#include "core/base/error.hpp"

namespace roost::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;
using namespace std::chrono_literals;

constexpr auto kPoll = 5ms;
constexpr double kSamplePause = 0.1;
constexpr double kShortOfCpu = 0.90;
constexpr double kBytesPerBit = 1.0 / 8;

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// Everything that run_once() does, step by step.
class Attempt {
 public:
  Attempt(const RunRequest& request, Artifact& artifact, const std::stop_token& stop, Run& run)
      : request_(request),
        run_(run),
        arena_(request.plan, artifact, request.directory, request.with_lab, stop),
        method_(request.method->make(arena_, request.setting.variant)) {}

  void perform();

 private:
  struct Goodput {
    double node = 0, seeder = 0, trunk = 0;  // bytes a second
  };

  Goodput calibrate();
  double bound(std::uint64_t file) const;
  void watch();
  void apply_due(double now);
  void sample(double now);
  void let_seeder_leave(std::uint64_t file);
  void charge();
  void check_content();
  std::size_t done() const;
  bool finished() const;
  void tell(std::string_view phase) const {
    if (request_.progress) request_.progress(phase, done());
  }

  const RunRequest& request_;
  Run& run_;
  Arena arena_;
  std::unique_ptr<Method> method_;
  Goodput goodput_;
  std::vector<LinkBytes> before_;
  std::uint64_t trunk_before_ = 0;
  std::vector<Action> actions_;
  bool seeder_left_ = false;
  Monotonic instant_{};
  double scale_ = 0;  // the bound that the timeline counts in
  double patience_ = 0;
};

void Attempt::perform() {
  tell("calibrating");
  goodput_ = calibrate();
  run_.goodput.before = goodput_.node;
  run_.goodput.seeder = goodput_.seeder;
  run_.goodput.trunk = goodput_.trunk;
  for (std::size_t i = 0; i < arena_.nodes(); ++i) {
    auto& node = run_.nodes.emplace_back();
    node.name = fmt::format("node-{}", i + 1);
    node.rate = arena_.plan().nodes[i].down;
    node.must_finish = arena_.plan().nodes[i].must_finish;
  }
  tell("preparing");
  method_->prepare();
  // Nodes hold it for long: a sync of what is measured must not have to write that, too.
  if (arena_.artifact().previous()) write_out(request_.directory);
  actions_ = timeline(arena_.plan());
  for (std::size_t host = 0; arena_.has_lab() && host <= arena_.nodes(); ++host) {
    before_.push_back(arena_.lab().bytes(host));
  }
  if (arena_.has_lab()) trunk_before_ = arena_.lab().trunk_bytes();
  tell("starting");
  instant_ = method_->start();
  watch();
  method_->end();
  run_.wire_bytes = run_.wire_bytes == 0 ? method_->wire_bytes() : run_.wire_bytes;
  run_.bound_s = bound(run_.wire_bytes);
  tell("comparing content");
  check_content();
  tell("calibrating");
  run_.goodput.after = calibrate().node;
}

// Without a lab nothing is shaped: what the limits allow is taken for the goodput.
Attempt::Goodput Attempt::calibrate() {
  const auto& plan = arena_.plan();
  if (!arena_.has_lab()) {
    return {static_cast<double>(request_.setting.rate) * kBytesPerBit,
            static_cast<double>(plan.seeder) * kBytesPerBit, 0};
  }
  std::vector<std::size_t> ring;
  for (std::size_t i = 0; i < plan.nodes.size(); ++i) {
    if (plan.nodes[i].must_finish) ring.push_back(arena_.host_of(i));
  }
  auto& lab = arena_.lab();
  Goodput result;
  if (ring.size() > 1) {
    result.node = median(lab.calibrate(ring, arena_.stop()));
  } else {
    result.node = lab.calibrate_pair(arena_.tracker(), ring.front(), arena_.stop());
  }
  arena_.check_stop();
  result.seeder = lab.calibrate_pair(Arena::seeder(), arena_.tracker(), arena_.stop());
  arena_.check_stop();
  if (plan.scenario.trunk > 0) {
    result.trunk = lab.calibrate_pair(arena_.tracker(), arena_.far_probe(), arena_.stop());
  }
  arena_.check_stop();
  return result;
}

// Over the nodes that have to finish: the slow one and the liar take and give nothing.
double Attempt::bound(std::uint64_t file) const {
  std::vector<BoundLink> links;
  for (const auto& node : arena_.plan().nodes) {
    if (node.must_finish) links.push_back({goodput_.node, goodput_.node});
  }
  return fluid_bound(file, goodput_.seeder, links, goodput_.trunk);
}

void Attempt::watch() {
  const auto cpu_before = HostCpu::now();
  const auto file = method_->wire_bytes() == 0 ? arena_.artifact().size() : method_->wire_bytes();
  scale_ = bound(file);
  // A method that makes no use of what nodes hold may still carry everything.
  const auto most = arena_.artifact().previous() ? arena_.artifact().size() : file;
  const double serial =
      static_cast<double>(most) * static_cast<double>(arena_.nodes()) / goodput_.seeder;
  patience_ = 60 + 4 * std::max(scale_, serial);
  double next_sample = 0;
  for (;;) {
    arena_.check_stop();
    const double now = Seconds(Clock::now() - instant_).count();
    apply_due(now);
    method_->observe(instant_, run_.nodes);
    if (now >= next_sample) {
      sample(now);
      let_seeder_leave(file);
      next_sample = now + kSamplePause;
      tell("running");
    }
    if (finished()) break;
    if (now > patience_) {
      run_.failed =
          fmt::format("{} of {} nodes had finished after {:.0f} s", done(), arena_.nodes(), now);
      break;
    }
    std::this_thread::sleep_for(kPoll);
  }
  run_.wire_bytes = method_->wire_bytes();
  run_.host_busy = HostCpu::now().busy_since(cpu_before);
  run_.short_of_cpu = run_.host_busy > kShortOfCpu;
  charge();
}

void Attempt::apply_due(double now) {
  while (!actions_.empty() && actions_.front().at * scale_ <= now) {
    const auto action = actions_.front();
    actions_.erase(actions_.begin());
    switch (action.kind) {
      case ActionKind::join:
        run_.nodes[action.node].joined_s = now;
        method_->join(action.node);
        break;
      case ActionKind::kill:
        if (!run_.nodes[action.node].staged_s) method_->kill(action.node);
        break;
      case ActionKind::restart:
        if (!run_.nodes[action.node].staged_s) method_->restart(action.node);
        break;
      case ActionKind::end_tracker:
        method_->end_tracker();
        break;
    }
  }
}

void Attempt::sample(double now) {
  if (!arena_.has_lab()) return;
  auto& lab = arena_.lab();
  Sample sample;
  sample.t = now;
  sample.seeder_out = lab.bytes(Arena::seeder()).sent - before_[Arena::seeder()].sent;
  for (std::size_t i = 0; i < arena_.nodes(); ++i) {
    const auto host = arena_.host_of(i);
    sample.nodes_in += lab.bytes(host).received - before_[host].received;
  }
  sample.trunk = lab.trunk_bytes() - trunk_before_;
  run_.samples.push_back(sample);
}

// A publisher of roost's leaves by itself, once two distributed copies are among the nodes. Where
// nobody can tell that, the seeder is ended when two copies have left it.
void Attempt::let_seeder_leave(std::uint64_t file) {
  if (!arena_.plan().scenario.seeder_leaves || seeder_left_ || run_.samples.empty()) return;
  if (run_.samples.back().seeder_out < 2 * file) return;
  seeder_left_ = true;
  method_->end_seeder();
}

// What the links carried and the processes cost, up to now.
void Attempt::charge() {
  const auto living = cpu_by_group();
  run_.cpu_s = method_->other_cpu(living);
  for (std::size_t i = 0; i < arena_.nodes(); ++i) {
    auto& node = run_.nodes[i];
    node.cpu_s = method_->node_cpu(i, living);
    run_.cpu_s += node.cpu_s;
    if (!arena_.has_lab()) continue;
    const auto host = arena_.host_of(i);
    const auto bytes = arena_.lab().bytes(host);
    node.bytes_in = bytes.received - before_[host].received;
    node.bytes_out = bytes.sent - before_[host].sent;
  }
  run_.seeder_bytes = method_->seeder_payload();
  if (!arena_.has_lab()) return;
  run_.seeder_bytes = arena_.lab().bytes(Arena::seeder()).sent - before_[Arena::seeder()].sent;
}

void Attempt::check_content() {
  for (std::size_t i = 0; i < arena_.nodes(); ++i) {
    auto& node = run_.nodes[i];
    if (!node.staged_s) continue;
    arena_.check_stop();
    const auto difference = arena_.artifact().difference(method_->content(i));
    node.content_ok = difference.empty();
    if (!difference.empty() && run_.failed.empty()) run_.failed = "wrong content: " + difference;
  }
}

std::size_t Attempt::done() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      run_.nodes, [](const NodeRun& node) { return node.staged_s.has_value(); }));
}

bool Attempt::finished() const {
  return actions_.empty() && std::ranges::all_of(run_.nodes, [](const NodeRun& node) {
           return node.staged_s.has_value() || !node.must_finish;
         });
}

void add_note(Run& run, std::string_view text) {
  if (text.empty()) return;
  run.note += (run.note.empty() ? "" : "; ") + std::string(text);
}

Run empty_run(const RunRequest& request) {
  Run run;
  run.setting = request.setting;
  run.repetition = request.repetition;
  run.started = rfc3339_now();
  add_note(run, request.method->note);
  if (!request.with_lab) add_note(run, "on loopback with rate limits, no lab");
  if (request.plan.scenario.liar) {
    add_note(run, "counts from the request to move the channel, one node having fetched before");
  }
  return run;
}

}  // namespace

std::string rfc3339_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];  // NOLINT: strftime fills it
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

void require_sensible(unsigned nodes, std::uint64_t rate, unsigned runs) {
  constexpr unsigned kMostNodes = 500;
  if (nodes < 1 || nodes > kMostNodes) {
    throw Error(Errc::usage, fmt::format("run with {} nodes: out of range", nodes),
                fmt::format("give --nodes 1 to {}", kMostNodes));
  }
  if (rate == 0) {
    throw Error(Errc::usage, "read rate: a link must have one", "like --rate 50Mbit");
  }
  if (runs == 0) throw Error(Errc::usage, "read runs: at least one");
}

Run run_once(const RunRequest& request, Artifact& artifact, const std::stop_token& stop) {
  Run run = empty_run(request);
  const RunDisk disk(request.directory);
  add_note(run, disk.problem());
  try {
    Attempt(request, artifact, stop, run).perform();
  } catch (const Error& error) {
    if (error.code() == Errc::interrupted || stop.stop_requested()) {
      throw Error(Errc::interrupted, "run benchmark: interrupted");
    }
    run.failed = error.what();
  }
  return run;
}

Run computed_run(const RunRequest& request, const Run& measured) {
  Run run = empty_run(request);
  run.computed = true;
  run.wire_bytes = measured.wire_bytes;
  run.goodput = measured.goodput;
  run.failed = measured.failed;
  const double serial = static_cast<double>(run.wire_bytes) *
                        static_cast<double>(request.plan.nodes.size()) / run.goodput.seeder;
  for (std::size_t i = 0; i < request.plan.nodes.size(); ++i) {
    auto& node = run.nodes.emplace_back();
    node.name = fmt::format("node-{}", i + 1);
    node.rate = request.plan.nodes[i].down;
    node.done_s = node.staged_s = serial;
    node.content_ok = !measured.nodes.empty() && measured.nodes.front().content_ok;
  }
  run.seeder_bytes = measured.seeder_bytes * request.plan.nodes.size();
  run.bound_s =
      fluid_bound(run.wire_bytes, run.goodput.seeder,
                  std::vector<BoundLink>(request.plan.nodes.size(),
                                         BoundLink{run.goodput.before, run.goodput.before}));
  add_note(run, "computed: nodes x file / goodput of the seeder");
  return run;
}

}  // namespace roost::bench
