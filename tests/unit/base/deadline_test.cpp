#include "core/base/deadline.hpp"

#include <gtest/gtest.h>

namespace roost {
namespace {

using namespace std::chrono_literals;

TEST(Deadline, NeverComesWhenNoneIsSet) {
  EXPECT_FALSE(Deadline::never().expired());
  EXPECT_EQ(Deadline::never().remaining(5s), 5s);
}

TEST(Deadline, LeavesNoTimeOncePast) {
  const auto past = Deadline::at(std::chrono::steady_clock::now() - 1h);
  EXPECT_TRUE(past.expired());
  EXPECT_EQ(past.remaining(5s), 0ms);
}

TEST(Deadline, IsCappedByWhatACallerCanWait) {
  const auto soon = Deadline::in(1h);
  EXPECT_FALSE(soon.expired());
  EXPECT_EQ(soon.remaining(5s), 5s);
  EXPECT_GT(soon.remaining(2h), 59min);
}

// A poll for 0 ms would spin through the last millisecond.
TEST(Deadline, RoundsUp) {
  const auto soon = Deadline::in(10ms);
  while (!soon.expired()) {
    const auto left = soon.remaining(5s);
    if (soon.expired()) break;
    ASSERT_GT(left, 0ms);
  }
}

}  // namespace
}  // namespace roost
