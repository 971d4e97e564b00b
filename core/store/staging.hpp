// A release's tree while it is being written, and the commit that makes it staged.
//
// The tree grows under incoming/ and appears under releases/ by one rename, after
// every byte was written from verified chunks and is durable. A destructor never
// commits: a StagingTree that goes away uncommitted is removed.
//
// write() may be called from several threads, each for other bytes; everything
// else from one thread, after the writers are done. Errors: no_space, integrity
// when the bytes written or the entries found aren't the index's; after any error
// from commit() the tree is discarded (fsync is never retried on the same data).
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "core/release/descriptor.hpp"
#include "core/release/expand.hpp"
#include "core/release/index.hpp"
#include "core/store/root.hpp"
#include "core/store/space.hpp"

namespace roost::store {

struct StageTimes {
  std::chrono::duration<double> finish{0};  // entries, modes, entry set, rename
  std::chrono::duration<double> sync{0};    // waiting for the disk
};

struct StagedRelease {
  release::ReleaseRef release;
  release::ReleaseId id;
  std::string dir;             // "<VERSION>-<12 hex>" under releases/
  std::filesystem::path path;  // of the tree
  bool was_there = false;      // staged before, and verified again now
  StageTimes times;
};

struct StageOptions {
  SpacePolicy space;
  std::size_t open_files = 128;      // large files and directories kept open, each
  std::size_t sync_each_up_to = 64;  // entries; above, one syncfs for all
};

class StagingTree : public release::TreeSink {
 public:
  // Checks space, makes the directories and empty files. `index` must outlive this;
  // `index_file` are its bytes as received, kept beside the tree for `roost verify`.
  StagingTree(const App& app, const release::VerifiedDescriptor& descriptor,
              const release::Index& index, BytesView index_file, const StageOptions& options = {});
  ~StagingTree() override;
  StagingTree(const StagingTree&) = delete;
  StagingTree& operator=(const StagingTree&) = delete;

  void write(std::uint32_t entry, std::uint64_t offset, BytesView bytes) override;

  // The stage commit. If the release is there already it is verified in full: success, or it goes
  // to trash/ and this tree takes its place, but never while it is current (Errc::conflict).
  StagedRelease commit();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roost::store
