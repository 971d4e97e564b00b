#include "core/store/trash.hpp"

#include "core/store/files.hpp"

namespace roost::store {

Emptied empty_trash(const App& app) {
  auto& fs = app.fs();
  Emptied emptied;
  const auto entries = fs.list(app.trash());
  if (entries.empty()) return emptied;
  fs.sync(app.releases());
  fs.sync(app.trash());
  for (const auto& entry : entries) {
    emptied.bytes += remove_tree(fs, app.trash(), entry.name);
    ++emptied.removed;
  }
  return emptied;
}

}  // namespace roost::store
