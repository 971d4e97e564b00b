// File trees to publish, and the comparison of two of them.
//
// Everything is made from a seed, so a failure can be repeated. mtimes are set
// to whole seconds in the past. Throws Error when the disk says no.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace roost::test {

// Bytes that don't compress; text that does.
std::string random_bytes(std::size_t size, std::uint64_t seed);
std::string text_bytes(std::size_t size, std::uint64_t seed);

struct PlainTree {
  std::size_t files = 20;
  std::size_t largest = 64 * 1024;  // bytes; sizes are spread below it
  std::uint64_t seed = 1;
};

// Directories, text and binary files, some executable.
void make_tree(const std::filesystem::path& dir, const PlainTree& plan = {});

// Everything that a release carries and that is easy to get wrong: empty files and
// directories, executable bits, links (relative, dangling, to a directory), file names with
// spaces, newlines, quotes, leading dashes, 255 bytes and UTF-8, deep paths, equal files, hard
// links, sizes around block limits, a sparse file of sparse_bytes, zeros in the middle.
void make_edge_case_tree(const std::filesystem::path& dir, std::uint64_t sparse_bytes = 8U << 20);

// Changes some files in place, adds one and removes one, as the next build would.
void change_tree(const std::filesystem::path& dir, std::uint64_t seed);

// What differs, one line each: paths, kinds, executable bit, contents, link targets. mtimes
// only if asked. The top-level .roost of either is left out.
std::vector<std::string> differences(const std::filesystem::path& left,
                                     const std::filesystem::path& right,
                                     bool compare_mtimes = false);

}  // namespace roost::test
