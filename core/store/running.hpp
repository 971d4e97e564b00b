// Which releases live processes run from, as /proc tells it.
#pragma once

#include <set>
#include <string>

#include "core/store/root.hpp"

namespace roost::store {

// Names of release directories that some process has its executable or working directory in. An
// ordinary user sees only his own processes here; root sees all.
std::set<std::string> running_releases(const App& app);

}  // namespace roost::store
