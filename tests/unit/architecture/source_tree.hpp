// The repository as text: its sources, and what each includes. For tests that keep
// rules of the tree. Throws std::runtime_error for a file that can't be read.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace roost::test {

struct Include {
  std::size_t line = 0;
  std::string path;
  bool quoted = false;  // "..." rather than <...>
};

struct Source {
  std::string path;  // from the root of the tree, such as core/base/error.hpp
  std::vector<std::string> lines;
  std::vector<Include> includes;

  bool header() const { return path.ends_with(".hpp"); }
  std::string folder() const;  // "core/base", "tracker", "tests": what a rule is about
};

Source parse_source(std::string path, std::string_view text);

// Every .cpp and .hpp below the folders of the project, sorted.
std::vector<Source> read_tree(const std::filesystem::path& root);

// Rules. Each gives a line for every breach: "core/base/x.hpp:3: ...".
std::vector<std::string> wrong_arrows(const std::vector<Source>& tree);
std::vector<std::string> heavy_headers(const std::vector<Source>& tree);
std::vector<std::string> long_files(const std::vector<Source>& tree);
std::vector<std::string> coroutines(const std::vector<Source>& tree);
std::vector<std::string> headers_without_contract(const std::vector<Source>& tree);
std::vector<std::string> unresolved_includes(const std::vector<Source>& tree);

}  // namespace roost::test
