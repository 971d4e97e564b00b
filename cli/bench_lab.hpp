// What `roost bench fanout` and `roost bench delta` share: where and how often they run, and
// a view of their runs while they do.
//
// LabOptions is a target of options; place() throws Error{usage} when the directory is not
// on the file system that was asked for. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/fanout/runner.hpp"
#include "cli/bench_outcome.hpp"

namespace roost::cli {

inline constexpr const char* kBenchDisk = "/var/tmp";
inline constexpr const char* kBenchMemory = "/dev/shm";

struct LabOptions {
  unsigned runs = 1;
  std::string disk;
  std::optional<std::filesystem::path> dir;
  std::uint64_t seed = 1;
  std::vector<bench::Threshold> thresholds;
  std::optional<std::filesystem::path> out;

  void declare(Options& options);
  std::filesystem::path place() const;
};

// Lets `run` go: says in one line what goes on, gives runs as JSON lines and keeps them in
// `--out` as they finish, and says so on stderr if there is no lab.
bench::ResultFile run_shown(
    Context& context, const LabOptions& lab, const std::string& command, unsigned nodes,
    const std::function<bench::ResultFile(const bench::RunEvents& events)>& run);

// What a reader must know of a run; may be empty.
std::string remark_of(const bench::Run& run);

}  // namespace roost::cli
