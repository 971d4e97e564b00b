// A directory of a test's own, removed with it. On tmpfs where there is one: these
// tests make many small files, and what a disk would lose is modelled (LossyFs).
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace roost::store {

class TempDir {
 public:
  TempDir() {
    const char* chosen = std::getenv("ROOST_TEST_DIR");
    std::string text = chosen != nullptr ? chosen : "/dev/shm";
    if (::access(text.c_str(), W_OK) != 0) text = ::testing::TempDir();
    text += "/roost-store-XXXXXX";
    if (::mkdtemp(text.data()) == nullptr) throw std::runtime_error("mkdtemp " + text);
    path_ = text;
  }
  ~TempDir() {
    namespace fs = std::filesystem;
    std::error_code ignored;
    // Staged directories may not be written to, which stops an ordinary user from removing them.
    for (auto at = fs::recursive_directory_iterator(path_, ignored); at != fs::end(at); ++at) {
      if (at->symlink_status().type() == fs::file_type::directory) {
        fs::permissions(at->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
      }
    }
    fs::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace roost::store
