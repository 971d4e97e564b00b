// The directory of one run, on a file system that nobody has used: ext4 in a sparse file,
// mounted through a loop device.
//
// ext4 passes over inodes that were freed in the last minutes (RECENTCY_DIRTY in
// fs/ext4/ialloc.c: 300 s) one by one, so creating files where the run before removed
// its own took ten times the CPU time, and the figure told of that. Where none can be
// made (not root, not ext4 below, no loop devices) it is a plain directory and problem()
// says why. Removed at its end. One thread.
#pragma once

#include <filesystem>
#include <string>

namespace roost::bench {

class RunDisk {
 public:
  explicit RunDisk(std::filesystem::path directory);  // makes it
  ~RunDisk();
  RunDisk(const RunDisk&) = delete;
  RunDisk& operator=(const RunDisk&) = delete;

  // Why it is not a file system of its own; empty: it is, or there was no need.
  const std::string& problem() const noexcept { return problem_; }

 private:
  std::filesystem::path directory_;
  std::string problem_;
};

}  // namespace roost::bench
