// One run: a lab, a method, a scenario, once.
//
// run_once() makes the lab, calibrates, lets the method go, applies the scenario's
// timeline, samples the links ten times a second, compares every node's content with
// the artifact, calibrates again, and removes all of it. What goes wrong with the
// method is told in Run::failed; Error{interrupted} is thrown. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "bench/fanout/artifact.hpp"
#include "bench/fanout/method.hpp"
#include "bench/fanout/scenarios.hpp"

namespace roost::bench {

struct RunRequest {
  const MethodInfo* method = nullptr;
  Setting setting;
  unsigned repetition = 0;
  Plan plan;
  bool with_lab = true;
  std::filesystem::path directory;  // of this run; removed at its end
  // Called about ten times a second: what goes on, and how many nodes are done.
  std::function<void(std::string_view phase, std::size_t done)> progress;
};

Run run_once(const RunRequest& request, Artifact& artifact, const std::stop_token& stop);

// Throws Error{usage} for what no lab can be made of: rate in bits a second, of the slowest link.
void require_sensible(unsigned nodes, std::uint64_t rate, unsigned runs);

// One server's time grows with the nodes and tells nothing new; beyond so many it is computed.
inline constexpr unsigned kMostForOneServer = 16;

// One server's line for more nodes than are worth running, N F / u_s, from a run with one node.
Run computed_run(const RunRequest& request, const Run& measured);

// What becomes known while runs of several methods follow each other.
struct RunEvents {
  std::function<void(const ResultFile& so_far)> finished;  // a run, the last of them
  std::function<void(const std::string&)> skipped;
  // Which method, which repetition (from 1), what goes on, how many nodes are done.
  std::function<void(const std::string& method, unsigned repetition, std::string_view phase,
                     std::size_t done)>
      progress;
};

std::string rfc3339_now();  // UTC

}  // namespace roost::bench
