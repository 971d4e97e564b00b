// The machine stops before every operation of the store, with every legal loss of
// what was not synced; in full (ROOST_FAULT=full, ./dev fault) also at every point
// of each recovery from that.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/fault/crash_run.hpp"

namespace roost::store {
namespace {

using test::Broken;

bool in_full() {
  const char* mode = std::getenv("ROOST_FAULT");
  return mode != nullptr && std::string_view(mode) == "full";
}

std::string line(const CrashCount& count) {
  return fmt::format("{} points, {} states ({} distinct), {} violations", count.points,
                     count.states, count.distinct, count.bad);
}

void print(const std::string& name, const CrashReport& report) {
  fmt::print("{}: {}\n", name, line(report.act));
  if (report.recovery.points > 0) fmt::print("{}, in recovery: {}\n", name, line(report.recovery));
  std::fflush(stdout);
}

class StoreCrash : public ::testing::TestWithParam<std::size_t> {};

TEST_P(StoreCrash, LeavesTheOldOrTheNewAtEveryPoint) {
  const auto& scenario = scenarios()[GetParam()];
  CrashPlan plan;
  plan.in_recovery = plan.losses.pairs = in_full();
  const auto report = crash_everywhere(scenario, plan);
  print(scenario.name, report);
  EXPECT_GT(report.act.distinct, 3U);
  for (const auto* count : {&report.act, &report.recovery}) {
    for (const auto& violation : count->violations) ADD_FAILURE() << violation;
  }
}

INSTANTIATE_TEST_SUITE_P(Scenarios, StoreCrash,
                         ::testing::Range<std::size_t>(0, scenarios().size()),
                         [](const auto& scenario) {
                           auto name = scenarios()[scenario.param].name;
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

// A test that a broken store passes proves nothing.
struct Careless {
  Broken how;
  const char* name;
  const char* scenario;  // where it must show
};

class CarelessStore : public ::testing::TestWithParam<Careless> {};

TEST_P(CarelessStore, IsCaught) {
  const auto& careless = GetParam();
  std::size_t bad = 0;
  for (const auto& scenario : scenarios()) {
    if (!in_full() && scenario.name != careless.scenario) continue;
    CrashPlan plan;
    plan.broken = careless.how;
    plan.losses.pairs = false;
    plan.first_is_enough = !in_full();
    const auto report = crash_everywhere(scenario, plan);
    print(fmt::format("broken ({}), {}", careless.name, scenario.name), report);
    bad += report.act.bad;
  }
  EXPECT_GT(bad, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Broken, CarelessStore,
    ::testing::Values(Careless{Broken::files, "no fsync of files", "stage the first"},
                      Careless{Broken::directories, "no fsync of directories", "roll back"},
                      Careless{Broken::file_systems, "no syncfs", "stage with syncfs"},
                      Careless{Broken::all, "no sync at all", "stage and activate"},
                      Careless{Broken::replacing, "unlink, then symlink", "stage and activate"}),
    [](const auto& careless) {
      std::string name = careless.param.name;
      std::erase(name, ',');
      std::replace(name.begin(), name.end(), ' ', '_');
      return name;
    });

}  // namespace
}  // namespace roost::store
