// What `roost bench fanout` and `roost bench delta` share: where and how often they run, and
// a view of their runs while they do.
//
// LabOptions is a target of options; place() throws Error{usage} when the directory is not
// on the file system that was asked for. A RunsView keeps what finished in its file, gives
// it as JSON lines, and says in one line what goes on. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bench/fanout/runner.hpp"
#include "cli/bench_outcome.hpp"
#include "cli/progress_view.hpp"

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

class RunsView {
 public:
  RunsView(Context& context, unsigned runs, unsigned nodes, ResultOut& out);

  bench::RunEvents events();
  void close() { view_.finish(); }

 private:
  void finished(const bench::ResultFile& so_far);
  void progress(const std::string& method, unsigned repetition, std::string_view phase,
                std::size_t done);

  Context& context_;
  const unsigned runs_;
  const unsigned nodes_;
  ResultOut& out_;
  ProgressView view_;
};

// Says on stderr that there is no lab, if there is none.
void note_missing_lab(Context& context);

// What a reader must know of a run; may be empty.
std::string remark_of(const bench::Run& run);

}  // namespace roost::cli
