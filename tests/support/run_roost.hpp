// The real binary, as a user runs it: no colour, no settings of the developer's own.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/base/process.hpp"

namespace roost::test {

std::string roost_binary();

// What starts `roost ARGS...` with a clean environment (no ROOST_* variable of ours).
ChildOptions roost_options(const std::vector<std::string>& args);

struct Ran {
  int exit = 0;
  std::string out;
  std::string err;

  std::string last_line() const;  // of stdout: the result object with --json
};

// Runs to the end; throws Error{deadline} when that takes longer than limit.
Ran run_roost(const std::vector<std::string>& args,
              std::chrono::milliseconds limit = std::chrono::seconds(60));
Ran run_roost(ChildOptions options, std::chrono::milliseconds limit = std::chrono::seconds(60));

}  // namespace roost::test
