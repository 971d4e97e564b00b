#include "tests/fault/store_scenarios.hpp"

#include <algorithm>

#include "core/store/layout.hpp"
#include "core/store/retention.hpp"
#include "core/store/status.hpp"

namespace roost::store {
namespace {

App app_of(const Root& root) {
  return App::open(root, release::Name::parse("web"));
}

StageOptions with_syncfs() {
  auto options = small_disk();
  options.sync_each_up_to = 0;
  return options;
}

const Sample* sample_of(const std::string& dir) {
  for (const auto* sample : {&release_1(), &release_2(), &release_3()}) {
    if (sample->dir() == dir) return sample;
  }
  return nullptr;
}

void run_1(const App& app) {
  activate(app, stage(app, release_1()).dir);
}

void run_1_then_2(const App& app) {
  run_1(app);
  activate(app, stage(app, release_2()).dir);
}

// I1, I5: every tree under releases/ is whole; `current` names one of them.
void judge_trees(const App& app, std::vector<std::string>& found) {
  for (const auto& entry : app.fs().list(app.releases())) {
    const auto* sample = sample_of(entry.name);
    const auto path = app.release_path(entry.name);
    if (sample == nullptr) {
      found.push_back("I5: stranger " + entry.name);
      continue;
    }
    for (const auto& mismatch : differences(path, *sample)) {
      found.push_back("I5: " + entry.name + "/" + mismatch.path + " " + mismatch.detail);
    }
    if (!read_staged(app, entry.name)) found.push_back("I5: no record in " + entry.name);
  }
  const auto current = app.current();
  if (current && !app.fs().stat_at(app.releases(), *current)) {
    found.push_back("I1: current names " + *current + ", which is not there");
  }
}

void judge_rest(const App& app, std::vector<std::string>& found) {
  const auto phase = read_transaction(app).phase;
  for (const auto open : {Phase::prepared, Phase::switched, Phase::rolling_back, Phase::fault}) {
    if (phase == open) found.push_back("I8: left in phase " + std::string(phase_name(phase)));
  }
  if (!app.fs().list(app.incoming()).empty()) found.push_back("I9: leftovers in incoming/");
  if (!app.fs().list(app.trash()).empty()) found.push_back("I9: leftovers in trash/");
  for (const auto& entry : app.fs().list(app.dir())) {
    if (layout::is_temporary_link(entry.name)) found.push_back("I9: leftover " + entry.name);
  }
  const auto back = app.rollback_target();
  if (back && !read_staged(app, *back)) found.push_back("I7: .rollback names nothing");
}

}  // namespace

const Sample& release_1() {
  static const auto sample =
      Sample::of("web@1", {{"bin/run", noise(3000, 1)}, {"conf/a", "one"}, {"conf/empty", ""}});
  return sample;
}

const Sample& release_2() {
  static const auto sample = Sample::of("web@2", {{"bin/run", noise(3000, 2)}, {"conf/b", "two"}});
  return sample;
}

const Sample& release_3() {
  static const auto sample = Sample::of("web@3", {{"bin/run", noise(10, 3)}});
  return sample;
}

std::vector<Scenario> scenarios() {
  const auto one = release_1().dir(), two = release_2().dir(), three = release_3().dir();
  const auto nothing = [](const App&) {};
  return {
      {"stage the first", nothing, [](const App& app) { stage(app, release_1()); }, {""}, ""},
      {"stage with syncfs",
       run_1,
       [](const App& app) { stage(app, release_2(), with_syncfs()); },
       {one},
       one},
      {"activate the first",
       [](const App& app) { stage(app, release_1()); },
       [](const App& app) { activate(app, release_1().dir()); },
       {""},
       one},
      {"activate another",
       run_1,
       [](const App& app) { activate(app, stage(app, release_2()).dir); },
       {one},
       two},
      {"activate with an older fallback",
       [](const App& app) {
         run_1_then_2(app);
         stage(app, release_3());
       },
       [](const App& app) { activate(app, release_3().dir()); },
       {two},
       three},
      {"roll back", run_1_then_2, [](const App& app) { rollback(app); }, {two}, one},
      {"roll back by an unhealthy release",
       [](const App& app) {
         run_1_then_2(app);
         stage(app, release_3());
       },
       [](const App& app) {
         ActivationSteps steps;
         steps.health = [](const Switch&) { throw Error(Errc::failed, "health: no answer"); };
         try {
           activate(app, release_3().dir(), steps);
         } catch (const Error&) {
           // Success here is to be back on the old one, in a finished phase.
           if (read_transaction(app).phase != Phase::rolled_back) throw;
         }
       },
       {two, three},  // a restart without hooks finishes what it finds switched
       two},
      {"collect",
       [](const App& app) {
         run_1_then_2(app);
         activate(app, stage(app, release_3()).dir);
         activate(app, release_2().dir());
       },
       [](const App& app) {
         RetentionPolicy policy;
         policy.keep = 0;
         gc(app.root(), policy);
       },
       {two},
       two},
  };
}

void prepare(const Scenario& scenario, const std::filesystem::path& path) {
  const auto root = Root::open(path);
  scenario.prepare(app_of(root));
}

std::vector<std::string> judge(const Scenario& scenario, const std::filesystem::path& path,
                               bool told_success) {
  std::vector<std::string> found;
  try {
    const auto root = Root::open(path);
    recover(root);
    const auto app = app_of(root);
    judge_trees(app, found);
    judge_rest(app, found);
    const auto current = app.current().value_or("");
    const bool is_old = std::count(scenario.before.begin(), scenario.before.end(), current) > 0;
    if (current != scenario.after && !is_old) found.push_back("I1: current is " + current);
    if (told_success && current != scenario.after) {
      found.push_back("I2: success was told, but current is '" + current + "'");
    }
    for (const auto& again : recover(root)) {
      if (again.found != again.left || again.removed != 0) {
        found.push_back("recovery changed something the second time");
      }
    }
    activate(app, stage(app, release_3()).dir);
    if (app.current() != release_3().dir()) found.push_back("I9: can't be updated");
  } catch (const std::exception& error) {
    found.push_back(std::string("recovery: ") + error.what());
  }
  return found;
}

}  // namespace roost::store
