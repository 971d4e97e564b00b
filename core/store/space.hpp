// Whether a release fits: refused before a byte is written rather than in the middle.
#pragma once

#include <cstdint>

#include "core/base/fs.hpp"

namespace roost::store {

// What must stay free: the larger of the two, and some inodes. f_files is 0 on
// btrfs, where inodes are not counted.
struct SpacePolicy {
  double free_fraction = 0.03;
  std::uint64_t free_bytes = 256ULL << 20U;
  std::uint64_t free_inodes = 1024;
};

// Throws Errc::no_space saying what is needed, what is free and what must stay free.
void check_space(Fs& fs, int dir, std::uint64_t bytes, std::uint64_t inodes,
                 const SpacePolicy& policy);

}  // namespace roost::store
