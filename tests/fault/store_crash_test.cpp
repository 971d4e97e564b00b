// The machine stops before every change that the store makes, with every kind of
// loss of what was not synced, and again during the recovery from that.
#include <gtest/gtest.h>

#include "tests/fault/store_scenarios.hpp"
#include "tests/unit/store/lossy_fs.hpp"

namespace roost::store {
namespace {

constexpr Loss kLosses[] = {Loss::nothing, Loss::data, Loss::all};

struct Crash {
  long at = FaultyFs::kNever;  // counted from the start of the act
  Loss loss = Loss::nothing;
  Broken broken = Broken::no;
};

struct Outcome {
  bool died = false;
  bool told_success = false;
};

Outcome crash(const std::filesystem::path& root_path, const std::filesystem::path& graveyard,
              const std::function<void(const App&)>& act, const Crash& how) {
  LossyFs fs(graveyard.string());
  Outcome outcome;
  {
    const auto root = Root::open(root_path, fs);
    const auto app = App::open(root, release::Name::parse("web"));
    fs.power_cut(Loss::nothing);  // what opening did is not what is tested
    fs.broken = how.broken;
    if (how.at != FaultyFs::kNever) fs.die_at = fs.changes() + how.at;
    try {
      act(app);
      outcome.told_success = true;
    } catch (const Error&) {
      outcome.told_success = false;
    }
  }
  outcome.died = fs.died();
  fs.power_cut(how.loss);
  return outcome;
}

struct Count {
  long crashes = 0;
  std::vector<std::string> violations;
};

void note(Count& count, const std::string& where, const std::vector<std::string>& found) {
  ++count.crashes;
  for (const auto& what : found) count.violations.push_back(where + ": " + what);
}

Count crash_everywhere(const Scenario& scenario, Loss loss, Broken broken) {
  Count count;
  for (long at = 1;; ++at) {
    const TempDir temp;
    const auto root = temp / "root", graveyard = temp / "graveyard";
    std::filesystem::create_directory(graveyard);
    prepare(scenario, root);
    const auto outcome = crash(root, graveyard, scenario.act, {at, loss, broken});
    const auto where = scenario.name + ", before change " + std::to_string(at);
    note(count, where, judge(scenario, root, outcome.told_success));
    if (!outcome.died) return count;
  }
}

// Crashes in the act, then at every point of the recovery that follows.
Count crash_twice_everywhere(const Scenario& scenario, Loss loss) {
  Count count;
  for (long first = 1;; ++first) {
    bool died = false;
    for (long second = 1;; ++second) {
      const TempDir temp;
      const auto root = temp / "root", graveyard = temp / "graveyard";
      std::filesystem::create_directory(graveyard);
      prepare(scenario, root);
      const auto once = crash(root, graveyard, scenario.act, {first, loss, Broken::no});
      died = once.died;
      const auto recovery = [](const App& app) { recover(app.root()); };
      const auto twice = crash(root, graveyard, recovery, {second, loss, Broken::no});
      const auto where = scenario.name + ", before change " + std::to_string(first) +
                         " and change " + std::to_string(second) + " of recovery";
      note(count, where, judge(scenario, root, once.told_success));
      if (!twice.died) break;
    }
    if (!died) return count;
  }
}

long expect_none(const Count& count) {
  EXPECT_GT(count.crashes, 3);
  for (const auto& violation : count.violations) ADD_FAILURE() << violation;
  return count.crashes;
}

class StoreCrash : public ::testing::TestWithParam<std::size_t> {
 protected:
  Scenario scenario = scenarios()[GetParam()];
};

TEST_P(StoreCrash, LeavesTheOldOrTheNewAtEveryPoint) {
  long crashes = 0;
  for (const auto loss : kLosses) {
    crashes += expect_none(crash_everywhere(scenario, loss, Broken::no));
  }
  RecordProperty("crashes", std::to_string(crashes));
}

TEST_P(StoreCrash, SurvivesACrashOfItsRecovery) {
  const auto crashes = expect_none(crash_twice_everywhere(scenario, Loss::nothing)) +
                       expect_none(crash_twice_everywhere(scenario, Loss::all));
  RecordProperty("crashes", std::to_string(crashes));
}

INSTANTIATE_TEST_SUITE_P(Scenarios, StoreCrash, ::testing::Range<std::size_t>(0, 8),
                         [](const auto& scenario) {
                           auto name = scenarios()[scenario.param].name;
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

// A test that a broken store passes proves nothing.
TEST(StoreCrashOracle, CatchesAStoreThatForgetsItsSyncs) {
  const auto all = scenarios();
  const auto violations = [&](std::size_t number, Broken broken) {
    std::size_t found = 0;
    for (const auto loss : kLosses) {
      found += crash_everywhere(all[number], loss, broken).violations.size();
    }
    return found;
  };
  EXPECT_GT(violations(3, Broken::all), 0U);
  EXPECT_GT(violations(3, Broken::files), 0U);         // the tree's
  EXPECT_GT(violations(3, Broken::directories), 0U);   // the rename's
  EXPECT_GT(violations(1, Broken::file_systems), 0U);  // the tree's, staged by syncfs
  EXPECT_GT(violations(5, Broken::directories), 0U);
  EXPECT_GT(violations(7, Broken::directories), 0U);  // removal before the move to trash/ is kept
}

}  // namespace
}  // namespace roost::store
