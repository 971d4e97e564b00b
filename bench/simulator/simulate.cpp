#include "bench/simulator/simulate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/results/bound.hpp"
#include "bench/simulator/swarm.hpp"
#include "core/base/error.hpp"
#include "core/crypto/merkle.hpp"

namespace roost::bench {
namespace {

using namespace simulator;

constexpr unsigned kMostNodes = 100'000;
constexpr double kPatience = 50;  // bounds
constexpr unsigned kSamples = 200;
constexpr std::uint32_t kLook = 1U << 16;  // events between two looks at the stop token

double seconds(Time time) {
  return static_cast<double>(time) / static_cast<double>(kSecond);
}

void refuse(bool wrong, const std::string& what, const std::string& help) {
  if (wrong) throw Error(Errc::usage, "simulate: " + what, help);
}

const SimulateOptions& checked(const SimulateOptions& options) {
  refuse(options.nodes < 1 || options.nodes > kMostNodes,
         fmt::format("{} nodes are out of range", options.nodes),
         fmt::format("give --nodes 1 to {}", kMostNodes));
  refuse(options.size == 0, "an artifact has at least one byte", "like --size 64MiB");
  refuse(options.rate == 0 || options.seed_rate == 0U || options.trunk == 0U,
         "a link must have a rate", "like --rate 50Mbit");
  refuse(options.zones < 1 || options.zones > options.nodes,
         fmt::format("{} zones for {} nodes", options.zones, options.nodes),
         "a zone has at least one node");
  refuse(options.trunk && options.zones < 2, "a trunk lies between zones", "give --zones 2");
  return options;
}

Content content_of(std::uint64_t size) {
  const std::uint32_t piece_blocks = crypto::piece_length_for(size) / kBlock;
  const std::uint64_t blocks = (size + kBlock - 1) / kBlock;
  const std::uint64_t pieces = (blocks + piece_blocks - 1) / piece_blocks;
  refuse(pieces >= kMaxPieces, fmt::format("{} pieces are too many", pieces), "like --size 64MiB");
  return {static_cast<std::uint32_t>(pieces), static_cast<std::uint32_t>(blocks), piece_blocks};
}

class Simulation {
 public:
  Simulation(const SimulateOptions& options, SimulateWatcher& watcher)
      : options_(checked(options)),
        watcher_(watcher),
        content_(content_of(options.size)),
        topology_(make_topology(options)),
        swarm_(topology_, content_, options, events_, watcher) {}

  Simulated run(const std::stop_token& stop);

 private:
  Setting setting() const;
  double bound() const;
  void sample(Run& run) const;
  void add_nodes(Run& run) const;

  const SimulateOptions& options_;
  SimulateWatcher& watcher_;
  Content content_;
  Topology topology_;
  EventQueue events_;
  Swarm swarm_;
};

Setting Simulation::setting() const {
  Setting setting;
  setting.method = "roost";
  setting.scenario = options_.zones > 1 ? fmt::format("{} zones", options_.zones) : "equal";
  setting.variant = options_.revealing ? "simulated" : "simulated, plain seeder";
  setting.size = options_.size;
  setting.nodes = options_.nodes;
  setting.rate = options_.rate;
  setting.seed_rate = options_.seed_rate.value_or(options_.rate);
  setting.rtt_s = options_.rtt_s;
  setting.tls = false;  // costs a round trip and CPU; only the round trip is modelled
  setting.seed = options_.seed;
  return setting;
}

double Simulation::bound() const {
  std::vector<BoundLink> nodes;
  for (const Host& host : topology_.hosts) nodes.push_back({host.up, host.down});
  const double seeder = nodes.front().up;
  nodes.erase(nodes.begin());
  return fluid_bound(std::uint64_t{content_.blocks} * kBlock, seeder, nodes, topology_.trunk);
}

void Simulation::sample(Run& run) const {
  const Wire& wire = swarm_.wire();
  std::uint64_t in = 0;
  for (HostId host = 1; host < topology_.hosts.size(); ++host) in += wire.counters(host).in;
  run.samples.push_back(
      {seconds(events_.now()), wire.counters(kSeeder).out, in, wire.trunk_bytes()});
}

void Simulation::add_nodes(Run& run) const {
  for (HostId host = 1; host < topology_.hosts.size(); ++host) {
    const NodeState& state = swarm_.node(host);
    const Wire::Counters& counters = swarm_.wire().counters(host);
    NodeRun& node = run.nodes.emplace_back();
    node.name = fmt::format("node-{}", host);
    node.rate = options_.rate;
    if (state.first) node.first_s = seconds(*state.first);
    if (state.done) node.done_s = seconds(*state.done);
    node.bytes_in = counters.in;
    node.bytes_out = counters.out;
    node.bytes_redundant = state.redundant;
    node.content_ok = swarm_.complete(host);
  }
}

Simulated Simulation::run(const std::stop_token& stop) {
  Run run;
  run.setting = setting();
  run.wire_bytes = std::uint64_t{content_.blocks} * kBlock;
  run.bound_s = bound();
  const double rate = static_cast<double>(options_.rate) / 8;
  run.goodput = {rate, rate, topology_.hosts[kSeeder].up, topology_.trunk};
  const Time step = std::max<Time>(1, static_cast<Time>(run.bound_s / kSamples * kSecond));
  const auto limit = static_cast<Time>(kPatience * run.bound_s * kSecond) + 100 * kSecond;
  Time next = 0;
  std::uint32_t looked = 0;
  swarm_.begin();
  while (swarm_.done() < options_.nodes && events_.now() < limit) {
    swarm_.handle(events_.take());
    if (++looked % kLook == 0 && stop.stop_requested()) {
      throw Error(Errc::interrupted, "simulate: interrupted");
    }
    if (events_.now() < next) continue;
    next = events_.now() + step;
    sample(run);
    watcher_.progress(seconds(events_.now()), swarm_.done());
  }
  sample(run);
  add_nodes(run);
  run.seeder_bytes = run.samples.back().seeder_out;
  run.note = "simulated";
  if (swarm_.done() < options_.nodes) {
    run.failed = fmt::format("{} nodes were not done after {:.0f} s",
                             options_.nodes - swarm_.done(), seconds(events_.now()));
  }
  Simulated result{std::move(run), std::nullopt};
  if (const auto opened = swarm_.opened()) result.complete_s = seconds(*opened);
  return result;
}

}  // namespace

Simulated simulate(const SimulateOptions& options, SimulateWatcher& watcher,
                   const std::stop_token& stop) {
  return Simulation(options, watcher).run(stop);
}

}  // namespace roost::bench
