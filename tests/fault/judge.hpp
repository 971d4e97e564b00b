// Says which of the invariants I1 to I9 (docs/reliability.md) a root breaks after a
// crash or a fault.
//
// judge() does what a node does after a restart: recovers, rolls back on a full
// disk, goes on to the next release. So the root is another one afterwards. I6
// needs no oracle: nothing here has a network.
#pragma once

#include <string>
#include <vector>

#include "tests/fault/store_scenarios.hpp"

namespace roost::store {

// Each violation in words, the invariant first; empty is good.
std::vector<std::string> judge(const Scenario& scenario, const std::filesystem::path& root,
                               bool told_success);

// Steps that run nothing, and find out whether what they were to run is whole (I5).
ActivationSteps watching(std::vector<std::string>& found);

}  // namespace roost::store
