// Reads what a tree holds, without following a link and without reading contents.
//
// What can't travel is refused by name before any work: devices, sockets, fifos,
// setuid and setgid files, a top-level ".roost", names that are not UTF-8, links
// that leave the tree unless asked otherwise. All refusals are collected and named
// together. A set-group-id directory is no refusal: that bit never travels.
// One thread at a time. Throws Error{usage}, not_found, interrupted or failed.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/fd.hpp"
#include "core/release/index.hpp"

namespace roost::release {

// A link leaves the tree when its target is absolute or, read as text, climbs above the top.
enum class ExternalLinks { refuse, keep, omit };

ExternalLinks parse_external_links(std::string_view text);  // throws Error{usage}

struct ScanOptions {
  // fnmatch(3) patterns. One with a '/' is matched against the path below the top,
  // one without against every component. What matches is left out with all below it.
  std::vector<std::string> excludes{};
  ExternalLinks external_links = ExternalLinks::refuse;
  std::stop_token stop{};
};

struct Tree {
  std::string root;            // as given
  UniqueFd root_fd;            // so that contents come from the directory that was scanned
  std::vector<Entry> entries;  // sorted bytewise by path
  std::uint64_t bytes = 0;     // sum of the sizes
  std::uint64_t files = 0;     // regular files
  std::uint64_t excluded = 0;  // left out by a pattern; what lies below is not counted
  std::uint64_t omitted = 0;   // external links left out
};

Tree scan_tree(const std::string& path, const ScanOptions& options);

// Whether a link at `link` with this target leaves the tree, judged by text alone.
bool leaves_tree(const RelPath& link, std::string_view target) noexcept;

}  // namespace roost::release
