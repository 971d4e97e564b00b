#include "bench/results/statistics.hpp"

#include <gmock/gmock.h>

namespace roost::bench {
namespace {

TEST(Spread, HasMedianAndRangeAndKeepsTheOrder) {
  const auto odd = spread_of({3, 1, 2});
  EXPECT_EQ(odd.median, 2);
  EXPECT_EQ(odd.min, 1);
  EXPECT_EQ(odd.max, 3);
  EXPECT_THAT(odd.values, testing::ElementsAre(3, 1, 2));
  EXPECT_EQ(spread_of({4, 1, 2, 3}).median, 2.5);
  EXPECT_EQ(spread_of({7}).median, 7);
}

// Against tabulated values of the exact distribution: 2 / C(8,4), 2 / C(10,5), U = 2 of 5 and 5.
TEST(RankTest, AgreesWithTheTables) {
  EXPECT_NEAR(rank_test({1, 2, 3, 4}, {5, 6, 7, 8}), 2.0 / 70, 1e-12);
  EXPECT_NEAR(rank_test({1, 2, 3, 4, 5}, {6, 7, 8, 9, 10}), 2.0 / 252, 1e-12);
  EXPECT_NEAR(rank_test({1, 2, 3, 4, 7}, {5, 6, 8, 9, 10}), 8.0 / 252, 1e-12);
  EXPECT_NEAR(rank_test({1}, {2}), 1, 1e-12);
}

TEST(RankTest, FindsNothingInEqualValues) {
  EXPECT_EQ(rank_test({1, 1, 1, 1}, {1, 1, 1, 1}), 1);
  EXPECT_EQ(rank_test(std::vector<double>(30, 2.0), std::vector<double>(30, 2.0)), 1);
}

TEST(RankTest, IsTheSameBothWays) {
  const std::vector<double> a{1.0, 2.5, 3.0, 3.0, 9.0};
  const std::vector<double> b{3.0, 4.0, 5.0, 6.0};
  EXPECT_DOUBLE_EQ(rank_test(a, b), rank_test(b, a));
}

TEST(RankTest, ApproximatesWellBeyondTwenty) {
  std::vector<double> a;
  std::vector<double> b;
  for (int i = 0; i < 15; ++i) {
    a.push_back(i);
    b.push_back(i + 5.5);
  }
  // U = 15 * 15 / 2 - 67.5 = 45; z = (112.5 - 45) / sqrt(15 * 15 * 31 / 12)
  EXPECT_NEAR(rank_test(a, b), 0.0051, 0.001);
}

}  // namespace
}  // namespace roost::bench
