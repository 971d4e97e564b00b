#include "core/store/retention.hpp"

#include <dirent.h>

#include "core/crypto/random.hpp"
#include "core/store/activation.hpp"
#include "core/store/files.hpp"
#include "core/store/images.hpp"
#include "core/store/layout.hpp"
#include "core/store/running.hpp"
#include "core/store/status.hpp"
#include "core/store/trash.hpp"

namespace roost::store {
namespace {

// What no policy may remove. `current` that can't be read throws: then nothing is removed.
std::set<std::string> untouchable(const App& app, const RetentionPolicy& policy) {
  auto keep = policy.pinned;
  keep.insert(app.current().value_or(""));
  keep.insert(app.rollback_target().value_or(""));
  // An unfinished transaction's, and of a finished one the last committed: it is either way here.
  const auto last = read_transaction(app);
  keep.insert({last.from, last.to, last.fallback});
  return keep;
}

void move_to_trash(const App& app, const std::string& dir) {
  auto& fs = app.fs();
  // An ordinary user can't move a directory that he may not write to to another parent.
  fs.chmod(open_dir(fs, app.releases(), dir).get(), 0700);
  fs.rename(app.releases(), dir, app.trash(), dir + "." + crypto::random_hex(8));
}

// Releases in order of staging, newest first; what is no staged release ends the list.
std::vector<std::string> by_order(const App& app) {
  std::vector<std::string> dirs;
  for (const auto& info : list_staged(app)) dirs.push_back(info.dir);
  const std::set<std::string> known(dirs.begin(), dirs.end());
  for (const auto& entry : app.fs().list(app.releases())) {
    if (layout::is_release_dir(entry.name) && !known.contains(entry.name)) {
      dirs.push_back(entry.name);
    }
  }
  return dirs;
}

void collect_trees(const App& app, const RetentionPolicy& policy, Collected& collected) {
  const auto keep = untouchable(app, policy);
  const auto running = running_releases(app);
  const auto dirs = by_order(app);
  // Those always kept count as well, wherever they stand in the order.
  auto room = policy.keep;
  for (const auto& dir : dirs) {
    if (keep.contains(dir) && room > 0) --room;
  }
  for (const auto& dir : dirs) {
    if (keep.contains(dir)) continue;
    if (room > 0) {
      --room;
    } else if (running.contains(dir)) {
      collected.running.push_back(app.name().str() + "/" + dir);
    } else {
      move_to_trash(app, dir);
      collected.releases.push_back(app.name().str() + "/" + dir);
    }
  }
  collected.bytes_freed += empty_trash(app).bytes;
}

}  // namespace

Collected gc(const Root& root, const RetentionPolicy& policy) {
  Collected collected;
  std::set<release::ReleaseId> staged = policy.in_use;
  for (const auto& name : root.names()) {
    const auto app = App::find(root, name);
    if (!app) continue;
    collect_trees(*app, policy, collected);
    for (const auto& info : list_staged(*app)) staged.insert(info.id);
  }
  for (const auto& id : list_images(root)) {
    if (staged.contains(id)) continue;
    if (policy.before_image) policy.before_image(id);
    collected.bytes_freed += remove_image(root, id);
    collected.images.push_back(id.hex());
  }
  return collected;
}

}  // namespace roost::store
