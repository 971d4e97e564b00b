// What the crash and fault tests of the store do to a root, and how they judge it.
//
// A scenario prepares a root that a node could have, then does one thing. judge()
// runs recovery as a restarted node would and says which invariants (I1, I2, I5,
// I8, I9 of docs/reliability.md) do not hold; empty is good.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/store/activation.hpp"
#include "tests/unit/store/sample.hpp"

namespace roost::store {

// Three releases of one name.
const Sample& release_1();
const Sample& release_2();
const Sample& release_3();

struct Scenario {
  std::string name;
  std::function<void(const App&)> prepare;
  std::function<void(const App&)> act;
  std::vector<std::string> before;  // what `current` may be if it never happened; "": absent
  std::string after;                // what it must be once success was told
};

std::vector<Scenario> scenarios();

// A root at that path, prepared.
void prepare(const Scenario& scenario, const std::filesystem::path& path);

std::vector<std::string> judge(const Scenario& scenario, const std::filesystem::path& path,
                               bool told_success);

}  // namespace roost::store
