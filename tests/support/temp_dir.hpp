// A directory of a test's own, removed with everything in it at the end, read-only
// parts included. Throws Error when it can't be made.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace roost::test {

class TempDir {
 public:
  TempDir();  // below $TMPDIR, or /tmp
  explicit TempDir(const std::filesystem::path& parent);
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// Removes a tree even where its directories are not writable, as releases are.
void remove_tree(const std::filesystem::path& path) noexcept;

void write_file(const std::filesystem::path& path, std::string_view text);  // makes parents
std::string read_file(const std::filesystem::path& path);

}  // namespace roost::test
