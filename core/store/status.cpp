#include "core/store/status.hpp"

#include <algorithm>

#include "core/store/files.hpp"
#include "core/store/layout.hpp"
#include "core/store/stage_record.hpp"

namespace roost::store {

std::optional<StagedInfo> read_staged(const App& app, const std::string& dir) {
  static constexpr std::uint64_t kLimit = 64 * 1024;
  if (!layout::is_release_dir(dir)) return std::nullopt;
  try {
    const auto reserved = open_dir(app.fs(), app.releases(), dir + "/" + layout::kReserved);
    return parse_stage_record(read_file(app.fs(), reserved.get(), layout::kStage, kLimit), dir);
  } catch (const Error& error) {
    // Gone between listing and reading, or damaged: no staged release, whatever it is.
    if (error.code() == Errc::not_found || error.code() == Errc::integrity) return std::nullopt;
    throw;
  }
}

std::vector<StagedInfo> list_staged(const App& app) {
  std::vector<StagedInfo> staged;
  for (const auto& entry : app.fs().list(app.releases())) {
    if (auto info = read_staged(app, entry.name)) staged.push_back(std::move(*info));
  }
  std::sort(staged.begin(), staged.end(), [](const StagedInfo& a, const StagedInfo& b) {
    return std::tie(a.order, a.dir) > std::tie(b.order, b.dir);
  });
  return staged;
}

AppStatus status(const App& app) {
  return {app.name(), app.current(), app.rollback_target(), list_staged(app),
          read_transaction(app)};
}

RootStatus status(const Root& root) {
  RootStatus all{root.node_id(), {}, {}};
  for (const auto& name : root.names()) {
    try {
      if (const auto app = App::find(root, name)) all.apps.push_back(status(*app));
    } catch (const Error& error) {
      all.damaged.emplace_back(name.str(), error.what());
    }
  }
  return all;
}

std::optional<StagedInfo> find_release(const Root& root, const release::Name& name,
                                       const release::Version& version) {
  const auto app = App::find(root, name);
  if (!app) return std::nullopt;
  for (auto& info : list_staged(*app)) {
    if (info.release.version == version) return std::move(info);
  }
  return std::nullopt;
}

}  // namespace roost::store
