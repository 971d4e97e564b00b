#include "bench/simulator/topology.hpp"

#include <algorithm>

#include "tracker/handout.hpp"

namespace roost::bench::simulator {
namespace {

// libtorrent's connections_limit in core/swarm/profile.cpp: who dials later is turned away.
constexpr std::size_t kSeederLinks = 4000;
constexpr double kNear = 0.0001;  // a switch and two kernels

std::string zone_name(const SimulateOptions& options, unsigned zone) {
  return options.zones > 1 ? "zone-" + std::to_string(zone) : std::string();
}

void make_hosts(const SimulateOptions& options, Topology& topology) {
  const double rate = static_cast<double>(options.rate) / 8;
  const double seed_rate = static_cast<double>(options.seed_rate.value_or(options.rate)) / 8;
  // A long way alone lies between two halves, which nobody is told of.
  topology.zones = std::max(options.zones, options.rtt_s > 0 ? 2U : 1U);
  topology.hosts.push_back({seed_rate, seed_rate, 0});
  for (std::uint64_t i = 0; i < options.nodes; ++i) {
    const auto zone = static_cast<unsigned>(i * topology.zones / options.nodes);
    topology.hosts.push_back({rate, rate, zone});
  }
  topology.near = static_cast<Time>(kNear * kSecond);
  topology.far = topology.near + static_cast<Time>(options.rtt_s / 2 * kSecond);
  if (options.trunk) topology.trunk = static_cast<double>(*options.trunk) / 8;
}

}  // namespace

Topology make_topology(const SimulateOptions& options) {
  Topology topology;
  make_hosts(options, topology);
  tracker::Rng rng(options.seed);
  tracker::Handout handout;
  std::vector<tracker::Handout::Id> ids;
  for (HostId host = 1; host < topology.hosts.size(); ++host) {
    ids.push_back(handout.join(zone_name(options, topology.hosts[host].zone)));
  }
  handout.introduce_all(ids, rng);
  const auto seeder_zone = zone_name(options, topology.hosts[kSeeder].zone);
  std::vector<HostId> fed;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto host = static_cast<HostId>(i + 1);
    if (handout.dials_seeder(ids[i], seeder_zone)) fed.push_back(host);
    // Ids are given in order, so that of a host is one less.
    for (const auto other : handout.dials(ids[i]))
      topology.connections.push_back({host, other + 1});
  }
  std::ranges::shuffle(fed, rng);  // who dials first
  if (fed.size() > kSeederLinks) fed.resize(kSeederLinks);
  for (const HostId host : fed) topology.connections.push_back({host, kSeeder});
  return topology;
}

}  // namespace roost::bench::simulator
