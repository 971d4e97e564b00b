// Removing what is no longer needed.
//
// Never collected: `current`, `.rollback`, what an unfinished transaction names,
// the last committed release, pinned ones, and one that a live process runs from
// (its executable or working directory lies there). Of the others the newest `keep`
// by order of staging stay: never by mtime or name. Needs the root's lock.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "core/release/names.hpp"
#include "core/store/root.hpp"

namespace roost::store {

struct RetentionPolicy {
  std::size_t keep = 3;                 // staged releases per name, those always kept included
  std::set<std::string> pinned;         // release directory names
  std::set<release::ReleaseId> in_use;  // images being fetched or seeded
  // Told of each image before it goes, so that nobody writes to it any more. May be empty.
  std::function<void(const release::ReleaseId&)> before_image = {};
};

struct Collected {
  std::vector<std::string> releases;  // "NAME/<dir>"
  std::vector<std::string> images;    // release ids
  std::vector<std::string> running;   // "NAME/<dir>" kept only because a process runs from it
  std::uint64_t bytes_freed = 0;
};

// Images go when their release is not (or no longer) staged here and they are not in use.
Collected gc(const Root& root, const RetentionPolicy& policy = {});

}  // namespace roost::store
