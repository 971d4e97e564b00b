// The tracker's data directory: made if it is not there, and held by one
// process at a time.
//
// Throws Error: conflict naming the process that holds it, failed when it can't
// be made or written.
#pragma once

#include <filesystem>

#include "core/base/fd.hpp"

namespace roost::tracker {

class DataDir {
 public:
  explicit DataDir(const std::filesystem::path& path);

  std::filesystem::path registry() const { return path_ / "registry.db"; }

 private:
  std::filesystem::path path_;
  UniqueFd lock_;  // released with the process, however it ends
};

}  // namespace roost::tracker
