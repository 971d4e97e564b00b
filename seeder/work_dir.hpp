// A private directory (0700) that is gone when its owner is, with all in it.
//
// Made below the given directory, or below TMPDIR, or /tmp. Throws what
// mkdtemp(3) fails with, naming the place.
#pragma once

#include <filesystem>

namespace roost::seeder {

class WorkDir {
 public:
  explicit WorkDir(const std::filesystem::path& parent);
  ~WorkDir();
  WorkDir(const WorkDir&) = delete;
  WorkDir& operator=(const WorkDir&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }
  void keep() noexcept { kept_ = true; }  // it outlives its owner after all

 private:
  std::filesystem::path path_;  // absolute
  bool kept_ = false;
};

}  // namespace roost::seeder
