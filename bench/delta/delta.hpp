// `roost bench delta`: a release for nodes that hold the one before, by several methods.
//
// What is compared beside the time is the bytes that a node receives: over the stored size
// of the chunks that are new, and over the new bytes packed by themselves (Run::change).
// Methods and repetitions are interleaved; what can't run here is left out by name. One
// thread. Throws Error{usage} for what can't be asked, no_space, interrupted; a run that
// fails is part of the result.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "bench/delta/changes.hpp"
#include "bench/fanout/method.hpp"
#include "bench/fanout/runner.hpp"
#include "bench/results/run.hpp"

namespace roost::bench {

struct DeltaOptions {
  unsigned nodes = 8;
  std::uint64_t rate = 50'000'000;  // bits a second, of a node's link, each way
  std::uint64_t size = 64U << 20;
  std::string change = "in-place";
  std::optional<std::filesystem::path> from, to;  // trees instead of size and change
  std::vector<std::string> methods;               // none: all that are installed
  unsigned runs = 1;
  std::filesystem::path directory = "/var/tmp";
  std::uint64_t seed = 1;
};

std::span<const MethodInfo> delta_methods();

ResultFile run_delta(const DeltaOptions& options, const std::string& command,
                     const RunEvents& events, const std::stop_token& stop);

}  // namespace roost::bench
