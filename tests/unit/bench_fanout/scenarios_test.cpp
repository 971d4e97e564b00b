#include "bench/fanout/scenarios.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "core/base/error.hpp"

namespace roost::bench {
namespace {

PlanInput input(unsigned nodes) {
  PlanInput result;
  result.nodes = nodes;
  result.rate = 50'000'000;
  return result;
}

Plan plan_of(std::string_view scenario, unsigned nodes) {
  return make_plan(find_scenario(scenario), input(nodes));
}

auto count(const Plan& plan, bool NodePlan::*what) {
  return std::ranges::count_if(plan.nodes, [&](const NodePlan& node) { return node.*what; });
}

TEST(Scenarios, HaveTheNamesOfTheBenchmark) {
  for (const char* name : {"equal", "slow-seeder", "fast-origin", "late", "churn", "tracker-dies",
                           "slow-peer", "liar", "zones"}) {
    EXPECT_EQ(find_scenario(name).name, name);
  }
  EXPECT_THROW(find_scenario("worst"), Error);
}

TEST(Scenarios, SetTheSeedersLinkUnlessItIsGiven) {
  EXPECT_EQ(plan_of("equal", 4).seeder, 50'000'000U);
  EXPECT_EQ(plan_of("slow-seeder", 4).seeder, 12'500'000U);
  EXPECT_EQ(plan_of("fast-origin", 4).seeder, 500'000'000U);
  auto given = input(4);
  given.seed_rate = 7;
  EXPECT_EQ(make_plan(find_scenario("slow-seeder"), given).seeder, 7U);
}

TEST(Scenarios, HitTheSharesTheyName) {
  EXPECT_EQ(count(plan_of("late", 16), &NodePlan::late), 6);
  EXPECT_EQ(count(plan_of("late", 3), &NodePlan::late), 1);
  EXPECT_EQ(count(plan_of("churn", 16), &NodePlan::churned), 2);
  EXPECT_EQ(count(plan_of("churn", 30), &NodePlan::churned), 3);
  EXPECT_EQ(count(plan_of("liar", 8), &NodePlan::liar), 1);
  EXPECT_EQ(count(plan_of("equal", 8), &NodePlan::must_finish), 8);
}

TEST(Scenarios, OnlyTheSlowNodeAndTheLiarNeedNotFinish) {
  const auto slow = plan_of("slow-peer", 8);
  EXPECT_EQ(count(slow, &NodePlan::must_finish), 7);
  for (const auto& node : slow.nodes) {
    EXPECT_EQ(node.up, node.must_finish ? 50'000'000U : 500'000U);
  }
  const auto liar = plan_of("liar", 8);
  for (const auto& node : liar.nodes) EXPECT_NE(node.must_finish, node.liar);
}

TEST(Scenarios, PutHalfOfTheHostsInEachZone) {
  const auto plan = plan_of("zones", 16);
  EXPECT_EQ(std::ranges::count(plan.nodes, 1U, &NodePlan::zone), 8);
  ASSERT_TRUE(plan.trunk);
  EXPECT_EQ(plan.trunk->rate, 100'000'000U);
  EXPECT_DOUBLE_EQ(plan.trunk->rtt_s, 0.04);
  EXPECT_FALSE(plan_of("equal", 16).trunk);
}

TEST(Scenarios, ARoundTripAloneMakesZonesThatAreNotShort) {
  auto far = input(8);
  far.rtt_s = 0.1;
  const auto plan = make_plan(find_scenario("equal"), far);
  ASSERT_TRUE(plan.trunk);
  EXPECT_DOUBLE_EQ(plan.trunk->rtt_s, 0.1);
  EXPECT_GE(plan.trunk->rate, 8 * far.rate);
}

TEST(Scenarios, TheSeedDecidesWhomTheyHit) {
  const auto hit = [](std::uint64_t seed) {
    auto asked = input(60);
    asked.seed = seed;
    std::vector<bool> late;
    for (const auto& node : make_plan(find_scenario("late"), asked).nodes)
      late.push_back(node.late);
    return late;
  };
  EXPECT_EQ(hit(1), hit(1));
  EXPECT_NE(hit(1), hit(2));
}

TEST(Timeline, IsEmptyWhereNothingHappens) {
  EXPECT_TRUE(timeline(plan_of("equal", 8)).empty());
  EXPECT_TRUE(timeline(plan_of("zones", 8)).empty());
}

TEST(Timeline, LetsLateNodesJoinAtHalfTheBound) {
  const auto plan = plan_of("late", 6);
  const auto actions = timeline(plan);
  ASSERT_EQ(actions.size(), 2U);
  for (const auto& action : actions) {
    EXPECT_EQ(action.kind, ActionKind::join);
    EXPECT_DOUBLE_EQ(action.at, 0.5);
    EXPECT_TRUE(plan.nodes[action.node].late);
  }
}

TEST(Timeline, RestartsEachNodeThatItKilled) {
  const auto actions = timeline(plan_of("churn", 20));
  ASSERT_EQ(actions.size(), 4U);
  EXPECT_TRUE(std::ranges::is_sorted(actions, {}, &Action::at));
  for (const auto& action : actions) {
    if (action.kind != ActionKind::kill) continue;
    const auto again = std::ranges::find_if(actions, [&](const Action& other) {
      return other.kind == ActionKind::restart && other.node == action.node;
    });
    ASSERT_NE(again, actions.end());
    EXPECT_GT(again->at, action.at);
  }
}

TEST(Timeline, EndsTheTrackerSoonAfterTheStart) {
  const auto actions = timeline(plan_of("tracker-dies", 8));
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(actions[0].kind, ActionKind::end_tracker);
  EXPECT_LT(actions[0].at, 0.2);
  EXPECT_GT(actions[0].at, 0);
}

}  // namespace
}  // namespace roost::bench
