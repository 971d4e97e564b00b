// The order in which files' contents form the tree stream (docs/formats.md): small
// files first, by directory, extension and name, so that like lies beside like and
// a change stays local; then large files by path. Pure. Private to core/release.
#pragma once

#include <cstdint>
#include <vector>

#include "core/release/index.hpp"

namespace roost::release {

// The numbers of the non-empty files of a sorted entry list whose sizes sum to tree_bytes.
std::vector<std::uint32_t> stream_order(const std::vector<Entry>& entries,
                                        std::uint64_t tree_bytes);

// The same with the threshold between small and large given, for measuring.
std::vector<std::uint32_t> stream_order_with(const std::vector<Entry>& entries,
                                             std::uint64_t threshold);

}  // namespace roost::release
