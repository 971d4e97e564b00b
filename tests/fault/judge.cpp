#include "tests/fault/judge.hpp"

#include <fcntl.h>

#include <algorithm>
#include <tuple>

#include "core/store/images.hpp"
#include "core/store/layout.hpp"
#include "core/store/reasons.hpp"
#include "core/store/retention.hpp"
#include "core/store/status.hpp"
#include "core/store/trust.hpp"
#include "tests/unit/store/faulty_fs.hpp"

namespace roost::store {
namespace {

namespace fs = std::filesystem;
using Found = std::vector<std::string>;

void judge_tree(const App& app, const std::string& dir, const std::string& rule, Found& found) {
  const auto* sample = sample_of(dir);
  if (sample == nullptr) {
    found.push_back(rule + ": stranger " + dir);
    return;
  }
  for (const auto& mismatch : differences(app.release_path(dir), *sample)) {
    found.push_back(rule + ": " + dir + "/" + mismatch.path + " " + mismatch.detail);
  }
  if (!read_staged(app, dir)) found.push_back(rule + ": no record in " + dir);
}

bool is_rotten(const fs::path& tree) {
  for (const auto& entry : fs::recursive_directory_iterator(tree)) {
    if (entry.is_regular_file() && get_file(entry.path()) == kRotten) return true;
  }
  return false;
}

// What a release that runs would notice: its files' identity, size, mode and last change.
using Identity = std::map<std::string, std::tuple<ino_t, off_t, mode_t, long, long>>;

Identity identity(const fs::path& tree) {
  Identity all;
  for (const auto& entry : fs::recursive_directory_iterator(tree)) {
    struct stat of {};
    if (::lstat(entry.path().c_str(), &of) != 0) continue;
    all[entry.path().lexically_relative(tree).string()] = {of.st_ino, of.st_size, of.st_mode,
                                                           of.st_ctim.tv_sec, of.st_ctim.tv_nsec};
  }
  return all;
}

void judge_current(const Scenario& scenario, const App& app, bool told_success, Found& found) {
  const auto current = app.current().value_or("");
  const bool is_old = std::count(scenario.before.begin(), scenario.before.end(), current) > 0;
  if (current != scenario.after && !is_old) found.push_back("I1: current is '" + current + "'");
  if (!current.empty()) judge_tree(app, current, "I1", found);
  if (told_success && current != scenario.after) {
    found.push_back("I2: success was told, but current is '" + current + "'");
  }
  if (told_success && !scenario.staged.empty() && !read_staged(app, scenario.staged)) {
    found.push_back("I2: success was told, but " + scenario.staged + " is not staged");
  }
}

void judge_floors(const Scenario& scenario, const Root& root, bool told_success, Found& found) {
  const TrustState trust(root);
  const auto name = release::Name::parse("web");
  const auto least = told_success ? scenario.floor_after : scenario.floor;
  for (const auto floor : {trust.highest_version(name), trust.sequence(name)}) {
    if (floor < least) {
      found.push_back("I4: floor " + std::to_string(floor) + ", " + std::to_string(least) +
                      " was told");
    }
  }
}

void judge_record(const App& app, Found& found) {
  const auto last = read_transaction(app);
  const std::string phase(phase_name(last.phase));
  switch (last.phase) {
    case Phase::none:
      if (app.current()) found.push_back("I8: the record is lost");
      return;
    case Phase::committed:
      return;
    case Phase::rolled_back:
    case Phase::aborted:
      if (!reason::is_known(last.reason)) {
        found.push_back("I8: " + phase + " with reason '" + last.reason + "'");
      }
      return;
    default:
      found.push_back("I8: left in phase " + phase);
  }
}

void judge_leftovers(const App& app, Found& found) {
  if (!app.fs().list(app.incoming()).empty()) found.push_back("I9: leftovers in incoming/");
  if (!app.fs().list(app.trash()).empty()) found.push_back("I9: leftovers in trash/");
  for (const auto& entry : app.fs().list(app.dir())) {
    if (layout::is_temporary_link(entry.name)) found.push_back("I9: leftover " + entry.name);
  }
}

Found recover_watched(const Root& root) {
  Found found;
  const auto steps = watching(found);
  for (const auto& recovery : recover(root, steps)) {
    if (!recovery.error.empty()) found.push_back("I9: recovery: " + recovery.error);
  }
  for (const auto& again : recover(root, steps)) {
    if (again.found != again.left || again.removed != 0) {
      found.push_back("I9: recovery changed something the second time");
    }
  }
  return found;
}

// With a disk that takes no new name from the very start.
void judge_way_back(const Scenario& scenario, const fs::path& path, Found& found) {
  FaultyFs full;
  full.fail_errno = ENOSPC;
  full.fail_at = 1;
  full.fail_for_good = true;
  const auto root = Root::open(path, full);
  const auto app = App::find(root, release::Name::parse("web"));
  if (!app) return;
  const auto target = app->rollback_target();
  const auto expected = scenario.back.find(app->current().value_or(""));
  if (expected != scenario.back.end() && target != expected->second) {
    found.push_back("I7: from " + expected->first + " the way back leads to '" +
                    target.value_or("") + "'");
  }
  if (!target) return;
  rollback(*app, watching(found));
  if (app->current() != target) found.push_back("I7: rolled back to another release");
}

void judge_next(const fs::path& path, Found& found) {
  const auto root = Root::open(path);
  const auto app = app_of(root);
  activate(app, stage(app, release_3()).dir, watching(found));
  if (app.current() != release_3().dir()) found.push_back("I9: can't be updated");
  gc(root, {});
}

void judge_restart(const Scenario& scenario, const fs::path& path, bool told_success,
                   Found& found) {
  const auto root = Root::open(path);
  Identity before;
  fs::path running;
  if (const auto app = App::find(root, release::Name::parse("web")); app && app->current()) {
    running = app->release_path(*app->current());
    before = identity(running);
  }
  for (auto& what : recover_watched(root)) found.push_back(std::move(what));
  if (!running.empty() && identity(running) != before) {
    found.push_back("I3: recovery changed " + running.string());
  }
  const auto app = app_of(root);
  for (const auto& entry : app.fs().list(app.releases())) {
    const bool may_be_rotten = entry.name == scenario.rotten && !told_success;
    if (!may_be_rotten || !is_rotten(app.release_path(entry.name))) {
      judge_tree(app, entry.name, "I5", found);
    }
  }
  judge_current(scenario, app, told_success, found);
  judge_floors(scenario, root, told_success, found);
  judge_record(app, found);
  judge_leftovers(app, found);
}

}  // namespace

ActivationSteps watching(std::vector<std::string>& found) {
  const auto whole = [&found](const char* step, bool is_current) {
    return [&found, step, is_current](const Switch& what) {
      // By a file system of its own: a fault is meant for the store, not for who looks on.
      const auto root = Root::inspect(what.app.root().path());
      const auto app = App::find(root, what.app.name());
      judge_tree(*app, what.to, std::string("I5: ") + step, found);
      if (is_current && app->current() != what.to) {
        found.push_back(std::string("I5: ") + step + " ran while another was current");
      }
      return StepResult::ok;
    };
  };
  ActivationSteps steps;
  steps.pre_activate = whole("pre_activate", false);
  steps.activate = whole("activate", true);
  steps.health = whole("health", true);
  steps.rollback = whole("rollback", true);
  return steps;
}

std::vector<std::string> judge(const Scenario& scenario, const fs::path& root, bool told_success) {
  Found found;
  try {
    judge_restart(scenario, root, told_success, found);
    judge_way_back(scenario, root, found);
    judge_next(root, found);
  } catch (const std::exception& error) {
    found.push_back(std::string("I9: after a restart: ") + error.what());
  }
  return found;
}

}  // namespace roost::store
