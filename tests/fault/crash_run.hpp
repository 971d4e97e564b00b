// Crashes a scenario before every operation and judges every state that the disk
// may be in then: each distinct one once.
//
// The act is run once, on a real directory, by a CrashFs; all crashes are prefixes
// of its log. Every state is written out into a directory of its own, where the
// store finds it after the restart.
#pragma once

#include <string>
#include <vector>

#include "tests/fault/store_scenarios.hpp"
#include "tests/support/fs/crash_fs.hpp"
#include "tests/support/fs/disk_model.hpp"

namespace roost::store {

struct CrashPlan {
  test::Broken broken = test::Broken::no;
  test::PowerCuts::Policy losses = {};
  bool in_recovery = false;  // a second crash, at every point of the recovery from each state
  test::PowerCuts::Policy losses_in_recovery = {.pairs = false};
  bool first_is_enough = false;  // stop at the first violation
};

struct CrashCount {
  std::size_t points = 0;               // operations before which the machine stopped, and the end
  std::size_t states = 0;               // of the disk, over all points
  std::size_t distinct = 0;             // judged
  std::size_t bad = 0;                  // of those
  std::vector<std::string> violations;  // what was wrong with them, the first ones
};

struct CrashReport {
  CrashCount act, recovery;
};

CrashReport crash_everywhere(const Scenario& scenario, const CrashPlan& plan);

}  // namespace roost::store
