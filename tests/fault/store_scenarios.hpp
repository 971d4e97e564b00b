// What the crash and fault tests of the store do to a root: each scenario prepares
// a root that a node could have, then does one thing to it.
//
// An act returns only if what it was asked for came true; else it throws Error.
// Whatever runs a release in it runs by the steps that it is given, so that a judge
// can watch them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/store/activation.hpp"
#include "tests/unit/store/sample.hpp"

namespace roost::store {

// Three releases of one name, and the only ones that a scenario stages.
const Sample& release_1();
const Sample& release_2();
const Sample& release_3();

const Sample* sample_of(const std::string& dir);  // nullptr: none has such a directory

inline constexpr const char* kRotten = "rotten";  // what bit rot made of a file

struct Scenario {
  std::string name;
  std::function<void(const App&)> prepare;
  std::function<void(const App&, const ActivationSteps&)> act;
  std::vector<std::string> before;  // what `current` may be if it never happened; "": absent
  std::string after;                // what it must be once success was told
  // Where a rollback must lead, by what is current; what is not named here has nowhere to go.
  std::map<std::string, std::string> back = {};
  std::uint64_t floor = 0, floor_after = 0;  // of web/prod, before and once success was told
  std::string staged = {};                   // what must be staged once success was told
  std::string rotten = {};                   // staged, but damaged; whole once success was told
  bool opens = false;                        // the root is opened, hence made, by the act
};

const std::vector<Scenario>& scenarios();

App app_of(const Root& root);

// A root at that path, prepared; nothing when the act opens it.
void prepare(const Scenario& scenario, const std::filesystem::path& path);

}  // namespace roost::store
