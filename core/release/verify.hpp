// Reads a tree back from disk and says where it differs from an index.
//
// Differences are answers, not errors: an empty list is a tree that holds exactly
// what the index says. Links are never followed. A directory's own mtime is not
// compared: making its entries changes it. Any thread; throws Error{interrupted}
// or Error{not_found, failed} when the top itself can't be read.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/release/index.hpp"

namespace roost::release {

struct Mismatch {
  enum class What { missing, extra, type, size, mode, target, mtime, content, unreadable };

  std::string path;
  What what = What::content;
  std::string detail;  // "is 12 bytes, should be 15"

  bool operator==(const Mismatch&) const = default;
};

std::string_view to_string(Mismatch::What what) noexcept;

struct VerifyOptions {
  bool mtimes = true;  // of files and links
  std::string image;   // path of the release's image: names the exact file, not the chunk's files
  std::string ignore = ".roost";  // a top-level name that is no part of the tree; empty: none
  std::size_t limit = 1000;       // stop looking after so many mismatches
  unsigned threads = 0;           // that read and hash; 0: one per CPU
  std::stop_token stop{};
};

std::vector<Mismatch> verify_tree(const std::string& dir, const Index& index,
                                  const VerifyOptions& options);

}  // namespace roost::release
