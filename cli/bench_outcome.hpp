// What `roost bench fanout` and `simulate` do with their runs: keep them in a file, and say
// at the end what they came to.
//
// The file is replaced as a whole and durably each time, so whoever interrupts or kills the
// command is left with one that has every run that finished, at first none: an older command's
// results never pass for its own. A file that can't be written is refused before anything runs. One
// thread. Throws as Fs does, and Error{usage} for a path that is no regular file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "bench/report/threshold.hpp"
#include "cli/command.hpp"
#include "core/base/fd.hpp"

namespace roost::cli {

class ResultOut {
 public:
  explicit ResultOut(const std::optional<std::filesystem::path>& path);  // none: writes nothing

  void write(const bench::ResultFile& file);

 private:
  UniqueFd dir_;
  std::string name_;
};

// Gives the result line and the command's status, 9 when a threshold is missed. Throws
// Error{failed} when nothing ran, each method being among the skipped, and Error{partial}
// when a run failed.
int report_runs(const bench::ResultFile& file, const std::vector<bench::Threshold>& thresholds,
                Context& context);

}  // namespace roost::cli
