// Facts about a root, read without its lock: for `roost status` and for whoever
// must find a staged release. Damaged entries are left out, not errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/release/names.hpp"
#include "core/store/activation.hpp"
#include "core/store/root.hpp"

namespace roost::store {

// .roost/stage.json of a release.
struct StagedInfo {
  std::string dir;  // "<VERSION>-<12 hex>"
  release::ReleaseRef release;
  release::ReleaseId id;
  std::uint64_t sequence = 0;  // the release's, as signed
  std::uint64_t order = 0;     // rises with every stage commit of this name on this root
  std::int64_t staged_at = 0;  // seconds since the epoch
  std::uint64_t tree_bytes = 0;
  std::uint64_t entries = 0;
};

struct AppStatus {
  release::Name name;
  std::optional<std::string> current;   // release directory names
  std::optional<std::string> rollback;  // where `roost rollback` would go
  std::vector<StagedInfo> staged;       // newest first
  Transaction last;                     // its phase, reason and hold
};

struct RootStatus {
  std::string node_id;
  std::vector<AppStatus> apps;
  std::vector<std::pair<std::string, std::string>> damaged;  // names that can't be read, and why
};

RootStatus status(const Root& root);
AppStatus status(const App& app);

std::vector<StagedInfo> list_staged(const App& app);  // newest first
std::optional<StagedInfo> read_staged(const App& app, const std::string& dir);

// The staged release of that version: the newest, should several trees have borne it.
std::optional<StagedInfo> find_release(const Root& root, const release::Name& name,
                                       const release::Version& version);

}  // namespace roost::store
