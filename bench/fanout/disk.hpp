// Where runs keep their files: a directory of this process that `roost bench clean`
// can tell from one whose process is gone, by a lock on a file in it.
//
// ScratchDir removes a directory with all in it, read-only releases included, at its
// end. One thread. Throws Error; the destructors log.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/fd.hpp"

namespace roost::bench {

void remove_tree(const std::filesystem::path& directory) noexcept;

// At once, whoever still uses it; nothing happens where nothing is mounted.
void unmount(const std::filesystem::path& directory) noexcept;

class ScratchDir {
 public:
  explicit ScratchDir(std::filesystem::path path);  // makes it
  ~ScratchDir() { remove_tree(path_); }
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

// PARENT/roost-bench-XXXXXX, locked while it lives.
class WorkDir {
 public:
  explicit WorkDir(const std::filesystem::path& parent);

  const std::filesystem::path& path() const noexcept { return directory_.path(); }
  std::filesystem::path run() const;  // where a run has its RunDisk

 private:
  ScratchDir directory_;
  UniqueFd lock_;
};

// Removes what killed benchmarks left below these directories; the names of what was removed.
std::vector<std::string> clean_work_dirs(const std::vector<std::filesystem::path>& parents);

// Throws Error{no_space} unless so many bytes are free there, and some more.
void require_space(const std::filesystem::path& directory, std::uint64_t bytes);

// Waits until all that was written to the file system of that directory is on its disk.
void write_out(const std::filesystem::path& directory);

// "ext4", "tmpfs", ...; by statfs(2), another one as its number in hex.
std::string file_system_of(const std::filesystem::path& directory);

}  // namespace roost::bench
