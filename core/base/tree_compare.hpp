// Compares two directories entry by entry, by reading both: paths, types, the
// executable bit, link targets, bytes. Knows nothing of Roost's format, so that it
// can bear witness about it. Follows no link. Any thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace roost {

enum class Mtimes { ignore, compare };  // whole seconds, of every entry

struct TreeComparison {
  std::size_t entries = 0;
  std::vector<std::string> differences;  // "bin/app: contents differ"; at most 20
};

// `ignore` is a name at the top of either tree that is left out. Throws std::filesystem_error.
TreeComparison compare_trees(const std::filesystem::path& expected,
                             const std::filesystem::path& actual, const std::string& ignore,
                             Mtimes mtimes = Mtimes::ignore);

}  // namespace roost
