// What lies in a directory on disk, listed without following a link, and how it differs
// from an index apart from contents. Private to core/release.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "core/release/index.hpp"
#include "core/release/verify.hpp"

namespace roost::release {

// Compares types, sizes, modes, targets and times. `readable` gets, per entry of the index,
// whether it is a file of the right size, so that its contents can be looked at.
std::vector<Mismatch> compare_entries(int dir, const std::string& shown, const Index& index,
                                      const VerifyOptions& options, std::vector<bool>& readable);

}  // namespace roost::release
