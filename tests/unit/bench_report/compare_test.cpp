#include "bench/report/compare.hpp"

#include <gmock/gmock.h>

#include "tests/unit/bench_report/sample.hpp"

namespace roost::bench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Verdict verdict(const std::vector<double>& a, const std::vector<double>& b) {
  return judge(*find_figure("ratio_last"), spread_of(a), spread_of(b));
}

TEST(Judge, TellsABetterAndAWorseFigure) {
  EXPECT_EQ(verdict({1.30, 1.31, 1.32, 1.33, 1.34}, {1.10, 1.11, 1.12, 1.13, 1.14}),
            Verdict::better);
  EXPECT_EQ(verdict({1.10, 1.11, 1.12, 1.13, 1.14}, {1.30, 1.31, 1.32, 1.33, 1.34}),
            Verdict::worse);
}

TEST(Judge, CallsADifferenceWithinTheNoiseTheSame) {
  // Every run of B is slower, but by 1 %.
  EXPECT_EQ(verdict({1.100, 1.101, 1.102, 1.103}, {1.111, 1.112, 1.113, 1.114}), Verdict::same);
  // 4 % is enough to tell with four runs and not with three.
  EXPECT_EQ(verdict({1.100, 1.101, 1.102, 1.103}, {1.144, 1.145, 1.146, 1.147}), Verdict::worse);
  EXPECT_EQ(verdict({1.100, 1.101, 1.102}, {1.144, 1.145, 1.146}), Verdict::same);
}

TEST(Judge, CallsOverlappingRunsTheSame) {
  EXPECT_EQ(verdict({1.0, 1.2, 1.4, 1.6, 1.8}, {1.1, 1.3, 1.5, 1.7, 1.9}), Verdict::same);
  EXPECT_EQ(verdict({1.0, 1.2}, {1.15, 1.6}), Verdict::same);
  // One stray run does not hide a clear difference when there are enough others.
  EXPECT_EQ(verdict({1.30, 1.31, 1.32, 1.33, 1.125}, {1.09, 1.11, 1.12, 1.12, 1.13}),
            Verdict::better);
}

TEST(Judge, TakesSmallSharesForNothing) {
  const Figure& redundant = *find_figure("redundant_share");
  EXPECT_EQ(judge(redundant, spread_of({0.001}), spread_of({0.003})), Verdict::same);
  EXPECT_EQ(judge(redundant, spread_of({0.001}), spread_of({0.05})), Verdict::worse);
  EXPECT_EQ(judge(redundant, spread_of({0}), spread_of({0})), Verdict::same);
}

TEST(Compare, OfAResultWithItselfFindsNoDifference) {
  const auto runs = test::made_results().runs;
  const auto summaries = summarise(runs);
  const auto comparison = compare(summaries, summaries);
  EXPECT_EQ(comparison.settings.size(), 15U);
  EXPECT_THAT(comparison.left_out, IsEmpty());
  EXPECT_EQ(comparison.count(Verdict::better) + comparison.count(Verdict::worse), 0U);
  EXPECT_GT(comparison.count(Verdict::same), 100U);
}

TEST(Compare, JudgesEachFigureOfASetting) {
  std::vector<bench::Run> a;
  std::vector<bench::Run> b;
  for (unsigned i = 0; i < 5; ++i) {
    a.push_back(test::made_run({.method = "roost", .ratio = 1.1, .cpu = 4}, 8, 50'000'000, i));
    b.push_back(test::made_run({.method = "roost", .ratio = 1.3, .cpu = 3}, 8, 50'000'000, i));
  }
  const auto before = summarise(a);
  const auto comparison = compare(before, summarise(b));
  ASSERT_EQ(comparison.settings.size(), 1U);
  for (const auto& change : comparison.settings[0].changes) {
    if (change.figure->name == "t_last_s") {
      EXPECT_EQ(change.verdict, Verdict::worse);
      EXPECT_NEAR(change.relative.value(), 0.18, 0.03);
      EXPECT_NEAR(change.p.value(), 2.0 / 252, 1e-9);
    }
    if (change.figure->name == "cpu_s_per_gib") {
      EXPECT_EQ(change.verdict, Verdict::better);
    }
    if (change.figure->name == "seeder_bytes_ratio") {
      EXPECT_EQ(change.verdict, Verdict::same);
    }
    EXPECT_NE(change.figure->name, "bound_s");  // a condition, not a result
  }
}

TEST(Compare, NamesWhatHasNoCounterpart) {
  const std::vector a{test::made_run({.method = "roost"}, 8, 50'000'000, 0),
                      test::made_run({.method = "aria2"}, 8, 50'000'000, 0)};
  std::vector b{a[1], test::made_run({.method = "http"}, 8, 50'000'000, 0)};
  b[0].failed = "no tracker";
  const auto comparison = compare(summarise(a), summarise(b));
  EXPECT_THAT(comparison.settings, IsEmpty());
  EXPECT_THAT(comparison.left_out,
              ElementsAre(HasSubstr("only in A: roost"), HasSubstr("no run to quote in B: aria2"),
                          HasSubstr("only in B: http")));
}

}  // namespace
}  // namespace roost::bench
