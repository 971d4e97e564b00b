#include "tests/fault/store_scenarios.hpp"

#include "core/crypto/sha256.hpp"
#include "core/store/images.hpp"
#include "core/store/layout.hpp"
#include "core/store/reasons.hpp"
#include "core/store/retention.hpp"
#include "core/store/transaction_file.hpp"
#include "core/store/trust.hpp"

namespace roost::store {
namespace {

StageOptions with_syncfs() {
  auto options = small_disk();
  options.sync_each_up_to = 0;
  return options;
}

void nothing(const App&) {}

void run_1(const App& app) {
  activate(app, stage(app, release_1()).dir);
}

void run_1_then_2(const App& app) {
  run_1(app);
  activate(app, stage(app, release_2()).dir);
}

void run_1_then_2_and_stage_3(const App& app) {
  run_1_then_2(app);
  stage(app, release_3());
}

// As a crash between the flip and the health check leaves it.
void switch_from_1_to_2(const App& app) {
  run_1_then_2(app);
  TransactionFile file(app);
  auto t = file.last();
  t.phase = Phase::switched;
  t.attempts = 1;
  file.write(std::move(t));
}

// As a crash leaves it that came before the rename, when somebody has removed the way back.
void roll_back_from_2_to_1_without_its_link(const App& app) {
  run_1_then_2(app);
  TransactionFile file(app);
  Transaction t;
  t.phase = Phase::rolling_back;
  t.from = release_2().dir();
  t.to = release_1().dir();
  t.reason = reason::kRequested;
  file.write(std::move(t));
  std::filesystem::remove(app.path() / layout::kRollback);
}

ActivationSteps unhealthy(ActivationSteps steps) {
  steps.health = [](const Switch&) -> StepResult {
    throw Error(Errc::failed, "health: no answer");
  };
  return steps;
}

// Success is to be back on the old one, in a finished phase.
void expect_rolled_back(const App& app) {
  if (read_transaction(app).phase != Phase::rolled_back) throw Error(Errc::failed, "no way back");
}

void recover_with(const App& app, const ActivationSteps& steps) {
  for (const auto& recovery : recover(app.root(), steps)) {
    if (!recovery.error.empty()) throw Error(Errc::failed, recovery.error);
  }
}

void damage(const std::filesystem::path& file) {
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  put_file(file, kRotten);
}

void keep_image(const App& app, const Sample& sample) {
  const auto image = Image::open(app.root(), sample.descriptor.id());
  image.write(Image::File::index, sample.index_file);
  image.allocate(sample.image.size());
  image.save_have(std::vector<bool>(3, true));
}

const auto kProd = [] { return release::ChannelRef::parse("web/prod"); };

void raise_to(const App& app, std::uint64_t version) {
  TrustState trust(app.root());
  trust.raise_channel(kProd(), version, {crypto::sha256(as_bytes(std::to_string(version)))});
  trust.raise_sequence(app.name(), version);
}

std::vector<Scenario> staging() {
  const auto one = release_1().dir(), two = release_2().dir();
  return {
      {.name = "make a root",
       .prepare = nothing,
       .act = [](const App&, const ActivationSteps&) {},
       .before = {""},
       .after = "",
       .opens = true},
      {.name = "stage the first",
       .prepare = nothing,
       .act = [](const App& app, const ActivationSteps&) { stage(app, release_1()); },
       .before = {""},
       .after = "",
       .staged = one},
      {.name = "stage with syncfs",
       .prepare = run_1,
       .act = [](const App& app,
                 const ActivationSteps&) { stage(app, release_2(), with_syncfs()); },
       .before = {one},
       .after = one,
       .staged = two},
      {.name = "stage in place of a rotten one",
       .prepare =
           [](const App& app) {
             run_1(app);
             damage(app.release_path(stage(app, release_2()).dir) / "conf/b");
           },
       .act = [](const App& app, const ActivationSteps&) { stage(app, release_2()); },
       .before = {one},
       .after = one,
       .staged = two,
       .rotten = two},
      {.name = "raise the floors",
       .prepare =
           [](const App& app) {
             run_1(app);
             raise_to(app, 5);
           },
       .act = [](const App& app, const ActivationSteps&) { raise_to(app, 6); },
       .before = {one},
       .after = one,
       .floor = 5,
       .floor_after = 6},
  };
}

std::vector<Scenario> switching() {
  const auto one = release_1().dir(), two = release_2().dir(), three = release_3().dir();
  return {
      {.name = "activate the first",
       .prepare = [](const App& app) { stage(app, release_1()); },
       .act = [](const App& app,
                 const ActivationSteps& steps) { activate(app, release_1().dir(), steps); },
       .before = {""},
       .after = one},
      {.name = "stage and activate",
       .prepare = run_1,
       .act =
           [](const App& app, const ActivationSteps& steps) {
             activate(app, stage(app, release_2()).dir, steps);
           },
       .before = {one},
       .after = two,
       .back = {{two, one}}},
      {.name = "activate with an older fallback",
       .prepare = run_1_then_2_and_stage_3,
       .act = [](const App& app,
                 const ActivationSteps& steps) { activate(app, release_3().dir(), steps); },
       .before = {two},
       .after = three,
       .back = {{two, one}, {three, two}}},
      {.name = "prepare and commit",
       .prepare = run_1_then_2_and_stage_3,
       .act =
           [](const App& app, const ActivationSteps& steps) {
             commit(app, store::prepare(app, release_3().dir(), steps), steps);
           },
       .before = {two},
       .after = three,
       .back = {{two, one}, {three, two}}},
      {.name = "roll back",
       .prepare = run_1_then_2,
       .act = [](const App& app, const ActivationSteps& steps) { rollback(app, steps); },
       .before = {two},
       .after = one,
       .back = {{two, one}}},
      {.name = "roll back by an unhealthy release",
       .prepare = run_1_then_2_and_stage_3,
       .act =
           [](const App& app, const ActivationSteps& steps) {
             try {
               activate(app, release_3().dir(), unhealthy(steps));
             } catch (const Error&) {
               expect_rolled_back(app);
             }
           },
       .before = {two, three},  // a recovery that finds it healthy finishes the switch
       .after = two,
       .back = {{two, one}, {three, two}}},
  };
}

std::vector<Scenario> later() {
  const auto one = release_1().dir(), two = release_2().dir(), three = release_3().dir();
  return {
      {.name = "recover a switch",
       .prepare = switch_from_1_to_2,
       .act = recover_with,
       .before = {two, one},  // one: each recovery that is cut short uses up an attempt
       .after = two,
       .back = {{two, one}}},
      {.name = "recover an unhealthy switch",
       .prepare = switch_from_1_to_2,
       .act =
           [](const App& app, const ActivationSteps& steps) {
             recover_with(app, unhealthy(steps));
             expect_rolled_back(app);
           },
       .before = {two},
       .after = one,
       .back = {{two, one}}},
      {.name = "recover a roll back whose link is gone",
       .prepare = roll_back_from_2_to_1_without_its_link,
       .act = recover_with,
       .before = {two},
       .after = one},
      {.name = "recover a rotten record",
       .prepare =
           [](const App& app) {
             run_1_then_2(app);
             put_file(app.path() / "tx", std::string(8192, 'x'));
           },
       .act = recover_with,
       .before = {two},
       .after = two,
       .back = {{two, one}}},
      {.name = "collect",
       .prepare =
           [](const App& app) {
             run_1_then_2(app);
             keep_image(app, release_1());
             activate(app, stage(app, release_3()).dir);
             activate(app, release_2().dir());
           },
       .act =
           [](const App& app, const ActivationSteps&) {
             RetentionPolicy policy;
             policy.keep = 0;
             gc(app.root(), policy);
           },
       .before = {two},
       .after = two,
       .back = {{two, three}}},
  };
}

}  // namespace

const Sample& release_1() {
  static const auto sample =
      Sample::of("web@1", {{"bin/run", noise(3000, 1)}, {"conf/a", "one"}, {"conf/empty", ""}});
  return sample;
}

const Sample& release_2() {
  static const auto sample = [] {
    const TempDir tree;
    put_file(tree / "bin/run", noise(3000, 2));
    put_file(tree / "conf/b", "two");
    std::filesystem::create_symlink("b", tree / "conf/link");
    return Sample::of_tree("web@2", tree.path());
  }();
  return sample;
}

const Sample& release_3() {
  static const auto sample = Sample::of("web@3", {{"bin/run", noise(10, 3)}});
  return sample;
}

const Sample* sample_of(const std::string& dir) {
  for (const auto* sample : {&release_1(), &release_2(), &release_3()}) {
    if (sample->dir() == dir) return sample;
  }
  return nullptr;
}

const std::vector<Scenario>& scenarios() {
  static const auto all = [] {
    std::vector<Scenario> joined;
    for (auto part : {staging(), switching(), later()}) {
      for (auto& scenario : part) joined.push_back(std::move(scenario));
    }
    return joined;
  }();
  return all;
}

App app_of(const Root& root) {
  return App::open(root, release::Name::parse("web"));
}

void prepare(const Scenario& scenario, const std::filesystem::path& path) {
  if (scenario.opens) return;
  const auto root = Root::open(path);
  scenario.prepare(app_of(root));
}

}  // namespace roost::store
