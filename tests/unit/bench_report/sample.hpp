// Made-up results with the shape of real ones: methods that differ in known ways, over
// several numbers of nodes, with some noise that a seed decides. Tests only.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "bench/results/bound.hpp"
#include "bench/results/run.hpp"

namespace roost::test {

struct Made {
  std::string method;
  double ratio = 1.1;    // of the last node to the bound
  double copies = 1.05;  // that the seeder sends
  double cpu = 6;        // CPU seconds per GiB
  bool staged = false;
};

inline constexpr double kHeaders = 0.955;  // goodput of a link of 1

// Coverage rises as in a swarm: few early, most near the end.
inline double done_at(double rank, double bound, double last) {
  const double early = 0.93 * bound;
  return early + (last - early) * std::pow(rank, 1.6);
}

inline void add_samples(bench::Run& run, double last) {
  constexpr int kSamples = 120;
  const double total = static_cast<double>(run.wire_bytes * run.setting.nodes) / kHeaders;
  for (int i = 0; i <= kSamples; ++i) {
    const double t = last * i / kSamples;
    double in = 0;
    for (const auto& node : run.nodes) {
      const double share = std::min(1.0, std::pow(t / *node.done_s, 1.08));
      in += share * total / run.setting.nodes;
    }
    run.samples.push_back({.t = t,
                           .seeder_out = static_cast<std::uint64_t>(
                               static_cast<double>(run.seeder_bytes) * i / kSamples),
                           .nodes_in = static_cast<std::uint64_t>(in),
                           .trunk = 0});
  }
}

inline bench::Run made_run(const Made& made, unsigned nodes, std::uint64_t rate,
                           unsigned repetition, std::uint64_t size = 64U << 20) {
  std::mt19937 random(repetition * 1000 + nodes + static_cast<unsigned>(made.method.size()));
  std::normal_distribution<double> noise(1, 0.008);
  const auto uniform = [&] { return static_cast<double>(random() % 1000) / 1000; };
  const double goodput = static_cast<double>(rate) / 8 * kHeaders;
  bench::Run run;
  run.setting = {.method = made.method,
                 .scenario = "equal",
                 .variant = "",
                 .shape = bench::Shape::blob,
                 .size = size,
                 .nodes = nodes,
                 .rate = rate,
                 .seed_rate = rate,
                 .rtt_s = 0,
                 .tls = made.method == "roost",
                 .disk = "ext4",
                 .seed = 1};
  run.repetition = repetition;
  run.started = "2026-01-02T03:04:05Z";
  run.goodput = {.before = goodput, .after = goodput, .seeder = goodput, .trunk = 0};
  run.wire_bytes = size;
  run.bound_s = bench::fluid_bound(size, goodput, {nodes, {.up = goodput, .down = goodput}});
  const double last = run.bound_s * made.ratio * noise(random);
  run.seeder_bytes =
      static_cast<std::uint64_t>(static_cast<double>(size) * made.copies * noise(random));
  run.cpu_s = made.cpu * noise(random) * static_cast<double>(size) * nodes / (1U << 30);
  run.host_busy = 0.6;
  for (unsigned i = 0; i < nodes; ++i) {
    const double done = done_at((i + 1.0) / nodes, run.bound_s, last);
    const bool fast = uniform() < 0.85;
    run.nodes.push_back(
        {.name = "node-" + std::to_string(i + 1),
         .rate = rate,
         .joined_s = 0,
         .first_s = 0.05 + 0.2 * uniform(),
         .done_s = done,
         .staged_s = made.staged ? std::optional(done + 0.1 + 0.2 * uniform()) : std::nullopt,
         .sync_s = 0.05,
         .bytes_in = size + size / 50,
         .bytes_out = size,
         .bytes_redundant = size / 100,
         .bytes_payload = size,
         .bytes_reused = 0,
         .cpu_s = run.cpu_s / nodes,
         .must_finish = true,
         .content_ok = true,
         .bound_by = fast ? "own downlink" : "starved of pieces",
         .shares = {{"own downlink", 0.8}, {"starved of pieces", 0.2}}});
  }
  add_samples(run, last);
  return run;
}

inline bench::ResultFile results_of(std::vector<Made> methods) {
  bench::ResultFile file;
  file.machine = {.cpu = "Example CPU @ 2.80GHz",
                  .cores = 2,
                  .kernel = "Linux 6.1.0-18-amd64 x86_64",
                  .versions = {{"aria2", "1.36.0"}, {"libtorrent", "2.0.8.0"}, {"roost", "0.1.0"}}};
  file.command = "roost bench fanout --nodes 8 --rate 50Mbit --size 64MiB --runs 5 --method roost";
  file.started = "2026-01-02T03:04:05Z";
  file.skipped = {"murder: opentracker is not installed"};
  const std::vector<std::pair<unsigned, std::uint64_t>> fleets{
      {8, 50'000'000}, {16, 25'000'000}, {32, 12'000'000}};
  for (const auto& [nodes, rate] : fleets) {
    for (auto made : methods) {
      made.ratio *= std::pow(nodes / 8.0, made.method == "aria2" ? 0.22 : 0.03);
      for (unsigned i = 0; i < 5; ++i) file.runs.push_back(made_run(made, nodes, rate, i));
    }
    auto& http = file.runs.emplace_back(
        made_run({.method = "http", .ratio = 1.0 * nodes, .copies = 1.0 * nodes, .cpu = 2.5}, nodes,
                 rate, 0));
    http.computed = nodes > 16;
    if (http.computed) http.note = "computed: nodes x file / goodput of the seeder";
  }
  return file;
}

inline bench::ResultFile made_results() {
  return results_of({{.method = "roost", .ratio = 1.07, .copies = 1.04, .cpu = 6, .staged = true},
                     {.method = "aria2", .ratio = 1.6, .copies = 1.7, .cpu = 4.1},
                     {.method = "plain-libtorrent", .ratio = 1.75, .copies = 2.2, .cpu = 6.5},
                     {.method = "udpcast", .ratio = 1.23, .copies = 1.04, .cpu = 3}});
}

}  // namespace roost::test
