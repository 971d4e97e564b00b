// A fan-out that is computed event by event instead of run: hosts with links of a given
// rate and delay, BitTorrent's messages and blocks, and Roost's own code to decide who
// knows whom (tracker/handout), what the seeder shows to whom (core/swarm/
// seeding_strategy) and how many requests are open (core/swarm/request_depth).
//
// docs/benchmarks.md, "The simulator", says what is modelled and what is left out.
// Deterministic: equal options give an equal Run. One thread. Throws Error{usage} for
// what can't be simulated, Error{interrupted} when asked to stop.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>

#include "bench/results/run.hpp"

namespace roost::bench {

struct SimulateOptions {
  unsigned nodes = 8;
  std::uint64_t size = 64U << 20;
  std::uint64_t rate = 50'000'000;  // goodput in bits a second, of a node's link, each way
  std::optional<std::uint64_t> seed_rate;
  double rtt_s = 0;                    // between zones, or two halves if there is one zone
  unsigned zones = 1;                  // of equal size, named to the tracker; the seeder in one
  std::optional<std::uint64_t> trunk;  // of each zone to all others, each way
  std::uint64_t seed = 1;
  bool revealing = true;  // false: a plain seeder, which shows everything to everybody
};

// What happens in a simulation, for those who watch one.
struct SimulateWatcher {
  virtual ~SimulateWatcher() = default;
  // A host begins to serve a request, or has verified a piece. Host 0 seeds.
  virtual void serves(std::uint32_t /*from*/, std::uint32_t /*to*/, std::uint32_t /*piece*/,
                      std::uint32_t /*block*/) {}
  virtual void has(std::uint32_t /*host*/, std::uint32_t /*piece*/) {}
  virtual void progress(double /*seconds*/, std::size_t /*done nodes*/) {}
};

struct Simulated {
  Run run;
  std::optional<double> complete_s;  // when a revealing seeder knew that the swarm had every piece
};

Simulated simulate(const SimulateOptions& options, SimulateWatcher& watcher,
                   const std::stop_token& stop);

}  // namespace roost::bench
