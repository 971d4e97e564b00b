#include "core/store/activation.hpp"

#include <utility>

#include "core/store/files.hpp"
#include "core/store/layout.hpp"
#include "core/store/reasons.hpp"
#include "core/store/status.hpp"
#include "core/store/switching.hpp"
#include "core/store/trash.hpp"

namespace roost::store {
namespace {

constexpr mode_t kReleaseMode = 0555;

// A release whose mover died between the rename and what follows it: the tree was whole and
// durable before, its mode and its new place may not be.
void finish_stages(const App& app) {
  auto& fs = app.fs();
  for (const auto& entry : fs.list(app.releases())) {
    if (!layout::is_release_dir(entry.name)) continue;
    const auto found = fs.stat_at(app.releases(), entry.name);
    if (!found || !S_ISDIR(found->st_mode) || (found->st_mode & 07777) == kReleaseMode) continue;
    const auto dir = open_dir(fs, app.releases(), entry.name);
    fs.chmod(dir.get(), kReleaseMode);
    fs.sync(dir.get());
  }
  fs.sync(app.releases());
}

std::size_t remove_leftovers(const App& app) {
  auto& fs = app.fs();
  std::size_t removed = 0;
  for (const auto& entry : fs.list(app.dir())) {
    if (!layout::is_temporary_link(entry.name)) continue;
    fs.unlink(app.dir(), entry.name);
    ++removed;
  }
  for (const auto& entry : fs.list(app.incoming())) {
    remove_tree(fs, app.incoming(), entry.name);
    ++removed;
  }
  return removed + empty_trash(app).removed;
}

Recovery recover(const App& app, const ActivationSteps& steps) {
  Recovery recovery{.name = app.name().str()};
  finish_stages(app);
  Switching switching(app, steps);
  recovery.found = switching.last().phase;
  switching.settle();
  recovery.left = switching.last().phase;
  recovery.removed = remove_leftovers(app);
  return recovery;
}

void refuse_in_fault(const Switching& switching, const std::string& doing, const App& app) {
  if (switching.last().phase != Phase::fault) return;
  const auto& name = app.name().str();
  throw Error(Errc::conflict,
              doing + " " + name + ": neither its new nor its old release could be made to run (" +
                  switching.last().reason + ")",
              "mend what runs now, then `roost clear-fault " + name + "`");
}

// Who asked may not have seen the hold: settle() makes one of a record that was lost.
void refuse_while_held(const Switching& switching, std::uint64_t version, const std::string& doing,
                       const App& app) {
  const auto& held = switching.last().held;
  if (version == 0 || !held || version > *held) return;
  const auto& name = app.name().str();
  throw Error(Errc::conflict,
              doing + " " + name + ": held at version " + std::to_string(*held) +
                  " of its channel (" + switching.last().reason + ")",
              "`roost resume " + name + "` lets it follow its channel again");
}

void require_staged(const App& app, const std::string& dir) {
  if (read_staged(app, dir)) return;
  throw Error(Errc::not_found, "activate " + app.name().str() + " " + dir + ": not staged here",
              "`roost status --root DIR` lists what is staged");
}

// Nothing unfinished is left, and this release may be switched to.
void settle_for(Switching& switching, const App& app, const std::string& dir, std::uint64_t version,
                const char* what) {
  switching.settle();
  refuse_in_fault(switching, what, app);
  refuse_while_held(switching, version, what, app);
  require_staged(app, dir);
}

}  // namespace

Prepared prepare(const App& app, const std::string& dir, const ActivationSteps& steps,
                 std::uint64_t version) {
  Switching switching(app, steps);
  settle_for(switching, app, dir, version, "prepare");
  if (app.current() == dir) {
    throw Error(Errc::conflict, "prepare " + app.name().str() + " " + dir + ": it is active");
  }
  switching.prepare(dir, version, true);
  return {dir, switching.last().sequence};
}

ActivationResult commit(const App& app, const Prepared& prepared, const ActivationSteps& steps) {
  Switching switching(app, steps);
  const auto& last = switching.last();
  if (last.sequence != prepared.sequence || last.phase != Phase::prepared || !last.ready ||
      last.to != prepared.dir) {
    throw Error(Errc::conflict, "commit " + app.name().str() + " " + prepared.dir +
                                    ": another command came between");
  }
  const auto from = last.from;
  switching.commit();
  return {from, prepared.dir, true};
}

ActivationResult activate(const App& app, const std::string& dir, const ActivationSteps& steps,
                          std::uint64_t version) {
  Switching switching(app, steps);
  settle_for(switching, app, dir, version, "activate");
  const auto from = app.current().value_or("");
  if (from == dir) return {from, dir, false};
  switching.prepare(dir, version, false);
  switching.commit();
  return {from, dir, true};
}

ActivationResult rollback(const App& app, const ActivationSteps& steps, bool hold) {
  Switching switching(app, steps);
  switching.settle();
  refuse_in_fault(switching, "roll back", app);
  const auto from = app.current().value_or("");
  const auto to = app.rollback_target();
  if (!to || *to == from || !read_staged(app, *to)) {
    throw Error(Errc::not_found,
                "roll back " + app.name().str() + ": no release to go back to on this node",
                "activate a staged release instead; `roost status --root DIR` lists them");
  }
  auto t = switching.next();
  t.to = *to;
  t.reason = reason::kRequested;
  if (hold) {
    t.held = version_to_hold(app);
    t.held_from = from;
  }
  switching.roll_back(std::move(t));
  return {from, *to, true};
}

bool resume(const App& app) {
  const ActivationSteps none;
  Switching switching(app, none);
  switching.settle();
  const auto& last = switching.last();
  if (!last.held && !last.rejection) return false;
  switching.let_go();
  return true;
}

bool clear_fault(const App& app) {
  const ActivationSteps none;
  Switching switching(app, none);
  if (switching.last().phase != Phase::fault) return false;
  switching.clear_fault();
  return true;
}

std::vector<Recovery> recover(const Root& root, const ActivationSteps& steps) {
  std::vector<Recovery> all;
  for (const auto& name : root.names()) {
    try {
      if (const auto app = App::find(root, name)) all.push_back(recover(*app, steps));
    } catch (const Error& error) {
      all.push_back({.name = name.str(), .error = error.what()});
    }
  }
  return all;
}

}  // namespace roost::store
