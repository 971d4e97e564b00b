#include "peer/plan.hpp"

#include <gtest/gtest.h>

namespace roost::peer {
namespace {

release::ReleaseId id(std::uint8_t byte) {
  release::ReleaseId made;
  made.digest.bytes.fill(byte);
  return made;
}

template <class Expected>
bool is(const Plan& plan) {
  return std::holds_alternative<Expected>(plan);
}

const auto kOld = id(1);
const auto kNew = id(2);

TEST(Plan, FetchesWhatIsNotHere) {
  EXPECT_TRUE(is<Fetch>(plan({kNew, 1}, {})));
  EXPECT_TRUE(is<Fetch>(plan({kNew, 2}, {kOld, {kOld}, {}})));
  EXPECT_TRUE(is<Fetch>(plan({kNew, 2, true}, {kOld, {kOld}, {}}))) << "stage-only fetches, too";
}

TEST(Plan, ActivatesWhatIsStagedUnlessToldToWait) {
  EXPECT_TRUE(is<Activate>(plan({kNew, 2}, {kOld, {kOld, kNew}, {}})));
  EXPECT_TRUE(is<UpToDate>(plan({kNew, 2, true}, {kOld, {kOld, kNew}, {}})));
}

TEST(Plan, LeavesWhatRunsAlone) {
  EXPECT_TRUE(is<UpToDate>(plan({kNew, 2}, {kNew, {kOld, kNew}, {}})));
}

TEST(Plan, GoesBackWhenTheChannelDoes) {
  EXPECT_TRUE(is<Activate>(plan({kOld, 3}, {kNew, {kOld, kNew}, {}})));
}

TEST(Plan, StaysHeldUntilTheChannelMovesOn) {
  const Observed rolled_back{kOld, {kOld, kNew}, 2};
  const auto held = plan({kNew, 2}, rolled_back);
  ASSERT_TRUE(is<Held>(held));
  EXPECT_EQ(std::get<Held>(held).at, 2U);
  EXPECT_TRUE(is<Held>(plan({id(3), 1}, rolled_back))) << "an older statement moves nothing";
  EXPECT_TRUE(is<Fetch>(plan({id(3), 3}, rolled_back)));
}

TEST(Plan, DoesNotTryAgainWhatFailedHereUntilTheChannelMovesOn) {
  Observed failed{kOld, {kOld, kNew}, {}};
  failed.rejected = {kNew, 2, "health_failed"};
  const auto rejected = plan({kNew, 2}, failed);
  ASSERT_TRUE(is<Rejected>(rejected));
  EXPECT_EQ(std::get<Rejected>(rejected).reason, "health_failed");
  EXPECT_TRUE(is<Rejected>(plan({kNew, 1}, failed)));
  EXPECT_TRUE(is<Activate>(plan({kNew, 3}, failed))) << "somebody promoted it once more";
  EXPECT_TRUE(is<Fetch>(plan({id(3), 2}, failed))) << "another release is another matter";
  EXPECT_TRUE(is<UpToDate>(plan({kOld, 2}, failed)));
  failed.staged = {kOld};
  EXPECT_TRUE(is<Rejected>(plan({kNew, 2}, failed))) << "nor is it fetched again";
}

TEST(Plan, StagesButDoesNotMoveInAFault) {
  Observed faulted{kOld, {kOld, kNew}, {}};
  faulted.fault = true;
  EXPECT_TRUE(is<Faulted>(plan({kNew, 2}, faulted)));
  EXPECT_TRUE(is<Fetch>(plan({id(3), 3}, faulted)));
  EXPECT_TRUE(is<UpToDate>(plan({kOld, 2}, faulted)));
}

}  // namespace
}  // namespace roost::peer
