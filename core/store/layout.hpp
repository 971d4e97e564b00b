// Every name under a node's root, and nowhere else. Relative paths use '/'.
//
//   lock format node/id trust/state.json images/<release id>/{index,patches,image,have,offer.json}
//   apps/NAME/{releases,incoming,trash,shared,configs}/
//   apps/NAME/{current,.rollback,tx,history.log} apps/NAME/releases/<VERSION>-<12
//   hex>/.roost/{descriptor.json,stage.json,index}
//
// A change here is a change of the root's format: raise kFormat and migrate.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/release/names.hpp"

namespace roost::store::layout {

inline constexpr unsigned kFormat = 1;

inline constexpr const char* kLock = "lock";
inline constexpr const char* kFormatFile = "format";
inline constexpr const char* kNode = "node";
inline constexpr const char* kNodeId = "id";
inline constexpr const char* kTrust = "trust";
inline constexpr const char* kTrustState = "state.json";
inline constexpr const char* kImages = "images";
inline constexpr const char* kApps = "apps";
inline constexpr const char* kControlSocket = "control.sock";

inline constexpr const char* kIndex = "index";
inline constexpr const char* kPatches = "patches";
inline constexpr const char* kImage = "image";
inline constexpr const char* kHave = "have";
inline constexpr const char* kOffer = "offer.json";

inline constexpr const char* kReleases = "releases";
inline constexpr const char* kIncoming = "incoming";
inline constexpr const char* kTrash = "trash";
inline constexpr const char* kShared = "shared";
inline constexpr const char* kConfigs = "configs";
inline constexpr const char* kCurrent = "current";
inline constexpr const char* kRollback = ".rollback";
inline constexpr const char* kTx = "tx";
inline constexpr const char* kHistory = "history.log";

inline constexpr const char* kReserved = ".roost";  // inside a release
inline constexpr const char* kDescriptor = "descriptor.json";
inline constexpr const char* kStage = "stage.json";

// "<VERSION>-<12 hex>", the name of a release's directory.
std::string release_dir(const release::Version& version, const release::ReleaseId& id);

// Whether text has that form.
bool is_release_dir(std::string_view text) noexcept;

// "releases/<dir>", what `current` and `.rollback` hold, and back; nothing for any other target.
std::string link_target(std::string_view dir);
std::optional<std::string> dir_of_target(std::string_view target);

// The links that a transaction makes before it renames them: ".current.<n>", ".rollback.<n>".
std::string temporary_link(std::string_view link, std::uint64_t transaction);
bool is_temporary_link(std::string_view name) noexcept;

// What a file is written as before it is renamed: ".<name>.new".
std::string temporary_file(std::string_view name);

}  // namespace roost::store::layout
