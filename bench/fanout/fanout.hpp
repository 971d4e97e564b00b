// `roost bench fanout`: the same delivery by several methods, again and again.
//
// Repetitions, methods and variants are interleaved, so that what changes on the machine
// meanwhile hits all of them. What can't run here, or not in that scenario, is left
// out by name. One thread. Throws Error{usage} for what can't be asked, no_space,
// interrupted; a run that fails is part of the result.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "bench/fanout/runner.hpp"
#include "bench/results/run.hpp"

namespace roost::bench {

inline constexpr const char* kAsShipped = "as-shipped";

struct FanoutOptions {
  unsigned nodes = 8;
  Shape shape = Shape::blob;
  std::uint64_t size = 64U << 20;
  std::optional<std::filesystem::path> artifact;  // a tree, instead of one made by shape and size
  std::uint64_t rate = 50'000'000;                // bits a second, of a node's link, each way
  std::optional<std::uint64_t> seed_rate;
  double rtt_s = 0;  // between two halves of the nodes
  std::vector<std::string> methods;
  std::string scenario = "equal";
  // Each by each method that has it; empty: as shipped. kAsShipped stands for that beside others.
  std::vector<std::string> variants;
  unsigned runs = 1;
  std::filesystem::path directory = "/var/tmp";
  std::uint64_t seed = 1;
};

ResultFile run_fanout(const FanoutOptions& options, const std::string& command,
                      const RunEvents& events, const std::stop_token& stop);

}  // namespace roost::bench
