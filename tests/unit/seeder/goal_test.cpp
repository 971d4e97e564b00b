// What ends a publish, case by case.
#include "seeder/goal.hpp"

#include <gtest/gtest.h>

#include <string>

namespace roost::seeder {
namespace {

using namespace std::chrono_literals;

GoalFacts facts(double copies, std::uint32_t following, std::uint32_t fetching = 0,
                std::uint32_t staged = 0, std::uint32_t active = 0) {
  GoalFacts result;
  result.copies = copies;
  result.nodes = {fetching, staged, active, 0, staged + active, following};
  result.subject = "web@1.2";
  result.followed = "web/prod";
  result.limit = 90s;
  return result;
}

bool done(const Goal& goal, const GoalFacts& at) {
  return std::holds_alternative<Done>(evaluate(goal, at));
}

std::string text(const Goal& goal, const GoalFacts& at) {
  const auto verdict = evaluate(goal, at);
  if (const auto* end = std::get_if<Done>(&verdict)) return end->text;
  return std::get<Waiting>(verdict).text;
}

struct Case {
  const char* what;
  Goal goal;
  GoalFacts at;
  bool done;
};

TEST(Goal, IsJudgedByFacts) {
  const auto many = [](std::uint32_t peers) {
    auto at = facts(0, 0);
    at.peers = peers;
    return at;
  };
  const auto after = [](std::chrono::milliseconds time) {
    auto at = facts(9, 9);
    at.seeding = time;
    return at;
  };
  const auto trees_alone = [](std::uint32_t staged) {
    auto at = facts(0.5, 8, 0, staged);
    at.nodes.whole = 0;
    return at;
  };
  const Case cases[] = {
      {"trees without their images are no copies", Copies{}, trees_alone(8), false},
      {"but they are staged", Staged{8}, trees_alone(8), true},
      {"two copies for eight nodes", Copies{}, facts(2, 8), true},
      {"a rounding error below two", Copies{}, facts(2 - 1e-9, 8), true},
      {"not quite two", Copies{}, facts(1.99, 8), false},
      {"one copy for the one follower", Copies{}, facts(1, 1), true},
      {"one of two followers", Copies{}, facts(1, 2), false},
      {"nobody follows", Copies{}, facts(0, 0), false},
      {"two nodes staged it and left the swarm", Copies{}, facts(0, 2, 0, 1, 1), true},
      {"a node fetches without following", Copies{}, facts(0.5, 0, 1), false},
      {"and has it", Copies{}, facts(0, 0, 0, 1), true},
      {"a foreign peer fetches", Copies{}, many(1), false},
      {"three staged of three", Staged{3}, facts(0, 8, 5, 2, 1), true},
      {"two staged of three", Staged{3}, facts(8, 8, 6, 2), false},
      {"more wanted staged than there are", Staged{3}, facts(2, 2, 0, 2), false},
      {"time not over", SeedFor{10s}, after(9999ms), false},
      {"time over", SeedFor{10s}, after(10s), true},
      {"no time at all", SeedFor{0ms}, after(0ms), true},
      {"for ever", Forever{}, after(24h), false},
  };
  for (const auto& row : cases) EXPECT_EQ(done(row.goal, row.at), row.done) << row.what;
}

TEST(Goal, SaysThatNobodyFollows) {
  EXPECT_EQ(text(Copies{}, facts(0, 0)), "no node follows web/prod yet; seeding for up to 90.0 s");
  EXPECT_EQ(text(Staged{2}, facts(0, 0)), "no node follows web/prod yet; seeding for up to 90.0 s");
  auto alone = facts(0, 0);
  alone.followed.clear();
  EXPECT_EQ(text(Copies{}, alone),
            "no channel was given, so no node is told of web@1.2; seeding for up to "
            "90.0 s");
}

TEST(Goal, SaysHowFarItIs) {
  EXPECT_EQ(text(Copies{}, facts(1.25, 8)), "1.25 of 2 copies out among 8 nodes");
  EXPECT_EQ(text(Copies{}, facts(1, 1)), "1 copy is out among 1 node");
  EXPECT_EQ(text(Staged{5}, facts(0, 8, 6, 1, 1)), "2 of 5 nodes staged");
}

TEST(Goal, MissedIsPartialAndNamesWhatThereIs) {
  const auto error = missed(Copies{}, facts(0.5, 8, 8));
  EXPECT_EQ(error.code(), Errc::partial);
  EXPECT_STREQ(error.what(),
               "seed web@1.2: it is registered, but 0.50 of 2 copies were out when the time was "
               "over");
  EXPECT_STREQ(missed(Staged{4}, facts(0, 8, 7, 1)).what(),
               "seed web@1.2: it is registered, but 1 of 4 nodes staged it when the time was over");
  EXPECT_STREQ(missed(Copies{}, facts(0, 0)).what(),
               "seed web@1.2: it is registered, but no node followed web/prod when the time was "
               "over");
}

TEST(Goal, OnlyWaitingForNodesHasADeadline) {
  EXPECT_TRUE(has_deadline(Copies{}));
  EXPECT_TRUE(has_deadline(Staged{}));
  EXPECT_FALSE(has_deadline(SeedFor{}));
  EXPECT_FALSE(has_deadline(Forever{}));
}

}  // namespace
}  // namespace roost::seeder
