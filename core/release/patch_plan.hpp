// Which old chunks help to make which new ones: the plan of a release's patches.
//
// New are the chunks of an image whose raw bytes its base lacks, old those of the base that lie
// where these lie, or beside. Runs are ascending and disjoint, each of consecutive new chunks and of the old
// ones, as they lie in the tree stream; both are within the format's bounds. What
// has no counterpart is in no run. Pure: the same indexes give the same plan.
#pragma once

#include <cstdint>
#include <vector>

#include "core/release/index.hpp"

namespace roost::release {

struct PatchPlan {
  struct Run {
    std::uint32_t first = 0;  // of the new chunks
    std::uint32_t count = 0;
    std::vector<std::uint32_t> old;  // chunks of the base, in the order of its stream
  };
  std::vector<Run> runs;
};

PatchPlan plan_patches(const Index& image, const Index& base);

// One bit for each chunk of the base: whether a run needs it.
std::vector<bool> old_chunks(const PatchPlan& plan, const Index& base);

}  // namespace roost::release
