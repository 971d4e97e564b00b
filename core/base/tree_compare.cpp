#include "core/base/tree_compare.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>

#include "core/base/error.hpp"

namespace roost {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxDifferences = 20;

std::map<std::string, fs::file_status> entries_of(const fs::path& top, const std::string& ignore) {
  std::map<std::string, fs::file_status> entries;
  for (auto it = fs::recursive_directory_iterator(top); it != fs::end(it); ++it) {
    const auto path = it->path().lexically_relative(top).string();
    if (path == ignore) {
      it.disable_recursion_pending();
      continue;
    }
    entries.emplace(path, it->symlink_status());
  }
  return entries;
}

bool same_bytes(const fs::path& a, const fs::path& b) {
  if (fs::file_size(a) != fs::file_size(b)) return false;
  std::ifstream left(a, std::ios::binary), right(b, std::ios::binary);
  std::array<char, 65536> x{}, y{};
  do {
    left.read(x.data(), x.size());
    right.read(y.data(), y.size());
    if (left.gcount() != right.gcount() ||
        !std::equal(x.begin(), x.begin() + left.gcount(), y.begin())) {
      return false;
    }
  } while (left && right);
  return left.eof() && right.eof();
}

std::int64_t mtime_of(const fs::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) throw_errno("stat " + path.string());
  return info.st_mtime;
}

bool executable(const fs::file_status& status) {
  return (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
}

std::string difference(const fs::path& expected, const fs::file_status& wanted,
                       const fs::path& actual, const fs::file_status& found) {
  if (wanted.type() != found.type()) return "is of another type";
  if (wanted.type() == fs::file_type::symlink) {
    return fs::read_symlink(expected) == fs::read_symlink(actual) ? "" : "links elsewhere";
  }
  if (wanted.type() != fs::file_type::regular) return "";
  if (executable(wanted) != executable(found)) return "differs in its executable bit";
  return same_bytes(expected, actual) ? "" : "differs in its contents";
}

}  // namespace

TreeComparison compare_trees(const fs::path& expected, const fs::path& actual,
                             const std::string& ignore, Mtimes mtimes) {
  const auto wanted = entries_of(expected, ignore);
  const auto found = entries_of(actual, ignore);
  TreeComparison result{wanted.size(), {}};
  const auto note = [&](const std::string& path, const std::string& what) {
    if (what.empty() || result.differences.size() >= kMaxDifferences) return;
    result.differences.push_back(path + ": " + what);
  };
  for (const auto& [path, status] : wanted) {
    const auto it = found.find(path);
    if (it != found.end() && mtimes == Mtimes::compare &&
        mtime_of(expected / path) != mtime_of(actual / path)) {
      note(path, "differs in its mtime");
    }
    note(path, it == found.end() ? "is missing"
                                 : difference(expected / path, status, actual / path, it->second));
  }
  for (const auto& [path, status] : found) {
    if (!wanted.contains(path)) note(path, "should not be there");
  }
  return result;
}

}  // namespace roost
