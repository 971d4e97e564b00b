// Expands a tree from what is at hand: chunks in images of other releases, and those that
// patches make of them. Nothing is packed and no image is written, so a tree is there much sooner
// than its image.
//
// Only chunks with the raw digest that the index names reach the sink: what is rotten, lies or
// can't be read is left out, and fetched. Blocks on the calling thread, with others helping.
// Errors: the sink's; interrupted at the stop.
#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "core/base/fs.hpp"
#include "core/release/chunk_match.hpp"
#include "core/release/expand.hpp"
#include "core/release/patches.hpp"

namespace roost::release {

struct LocalChunks {
  const Index& wanted;
  const ChunkMatch& match;
  const PatchSet* patches;          // may be nullptr
  const std::vector<int>& sources;  // open files by the numbers that both were told

  // Whether each chunk is at hand, if all of them are what they should be.
  bool all() const;
};

struct ExpandedLocally {
  std::vector<bool> chunks;         // one bit each: the sink has it
  std::vector<std::uint64_t> from;  // stored bytes by source; patches' come last
};

ExpandedLocally expand_local(Fs& fs, const LocalChunks& local, TreeSink& sink,
                             const std::stop_token& stop);

}  // namespace roost::release
