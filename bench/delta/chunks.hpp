// What a delivery of one tree to nodes that hold another is compared with: the chunks that
// the old release lacks, and the index.
//
// Both trees are packed as `roost publish` does it, below the directory, and what was
// packed is removed again. Throws Error as scanning and packing do.
#pragma once

#include <filesystem>
#include <stop_token>

#include "bench/delta/changes.hpp"
#include "bench/results/run.hpp"

namespace roost::bench {

Update update_of(const TreePair& pair, const std::filesystem::path& work_dir,
                 const std::stop_token& stop);

}  // namespace roost::bench
