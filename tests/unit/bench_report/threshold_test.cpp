#include "bench/report/threshold.hpp"

#include <gmock/gmock.h>

#include "core/base/error.hpp"
#include "tests/unit/bench_report/sample.hpp"

namespace roost::bench {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string refusal(std::string_view text) {
  try {
    Threshold::parse(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::usage);
    return error.what();
  }
  return "accepted";
}

std::vector<Miss> misses(const std::vector<bench::Run>& runs, std::string_view text) {
  const std::vector<Threshold> thresholds{Threshold::parse(text)};
  return missed(thresholds, summarise(runs));
}

TEST(Threshold, ReadsFigureOperatorAndNumber) {
  const auto threshold = Threshold::parse("ratio_last<1.15");
  EXPECT_EQ(threshold.figure->name, "ratio_last");
  EXPECT_EQ(threshold.limit, 1.15);
  EXPECT_TRUE(threshold.kept_by(1.149));
  EXPECT_FALSE(threshold.kept_by(1.15));
  EXPECT_TRUE(Threshold::parse(" t_last_s <= 2 ").kept_by(2));
  EXPECT_FALSE(Threshold::parse("t_last_s>2").kept_by(2));
  EXPECT_TRUE(Threshold::parse("t_last_s >=2").kept_by(2));
  EXPECT_EQ(Threshold::parse("aria2:t_last_s<9").method, "aria2");
}

TEST(Threshold, RefusesWhatItCannotRead) {
  EXPECT_THAT(refusal("ratio_last"), HasSubstr("no < or >"));
  EXPECT_THAT(refusal("ratio_lst<1"), HasSubstr("no figure 'ratio_lst'; there are t_first_p99_s"));
  EXPECT_THAT(refusal("ratio_last<fast"), HasSubstr("'fast' is no number"));
  EXPECT_THAT(refusal("ratio_last<"), HasSubstr("is no number"));
  EXPECT_THAT(refusal("ratio_last<1.2x"), HasSubstr("is no number"));
  EXPECT_THAT(refusal("ratio_last<inf"), HasSubstr("is no number"));
  EXPECT_THAT(refusal("ratio_last<<1"), HasSubstr("is no number"));
  EXPECT_THAT(refusal(":ratio_last<1"), HasSubstr("no method"));
  EXPECT_THAT(refusal(""), HasSubstr("no < or >"));
}

TEST(Threshold, NamesEachSettingThatMissedIt) {
  const auto runs = test::made_results().runs;
  EXPECT_THAT(misses(runs, "roost:ratio_last<1.3"), IsEmpty());
  const auto missing = misses(runs, "aria2:ratio_last<1.7");
  ASSERT_THAT(missing, SizeIs(2));  // 16 and 32 nodes
  EXPECT_THAT(missing[0].setting, HasSubstr("aria2, equal, 64 MiB blob, ext4, 16 nodes"));
  EXPECT_THAT(missing[0].why, HasSubstr("is 1.8"));
  EXPECT_THAT(misses(runs, "ratio_last<1.3"), SizeIs(6 + 2));  // http: not where it is computed
}

TEST(Threshold, IsMissedByWhatCannotBeShown) {
  auto runs = test::made_results().runs;
  for (auto& run : runs) run.short_of_cpu = run.setting.method == "roost";
  const auto missing = misses(runs, "roost:ratio_last<9");
  ASSERT_THAT(missing, SizeIs(3));
  EXPECT_EQ(missing[0].why, "can't be quoted: 5 runs short of CPU, 0 failed");
  EXPECT_THAT(misses(runs, "trunk_bytes_ratio<9"), SizeIs(14));
  EXPECT_THAT(misses(runs, "nobody:ratio_last<9"), SizeIs(1));
  EXPECT_THAT(misses({}, "ratio_last<9"), SizeIs(1));
}

}  // namespace
}  // namespace roost::bench
