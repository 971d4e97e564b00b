#include "core/swarm/request_deadline.hpp"

#include <gtest/gtest.h>

namespace roost::swarm {
namespace {

using namespace std::chrono_literals;

// A link that was asked for enough, and whose blocks take so long.
struct Link {
  RequestDeadline deadline{};
  Monotonic now = Monotonic(1h);
  std::int64_t payload = 0;

  Link() { deadline.asked(now); }
  void serve(int blocks, Monotonic::duration each) {
    for (int i = 0; i < blocks; ++i) {
      now += each;
      EXPECT_FALSE(deadline.passed(now));
      deadline.block(now);
    }
  }
};

TEST(RequestDeadline, IsShortForAFastLinkAndNeverBeyondTwoSeconds) {
  Link fast;
  fast.serve(100, 5ms);
  EXPECT_EQ(fast.deadline.patience(), RequestDeadline::kLeast);
  Link slow;
  slow.serve(20, 1500ms);
  EXPECT_EQ(slow.deadline.patience(), RequestDeadline::kMost);
  Link fresh;
  EXPECT_EQ(fresh.deadline.patience(), RequestDeadline::kMost);
  EXPECT_LE(RequestDeadline::kMost + 200ms, 2s);
}

TEST(RequestDeadline, FollowsTheTimeThatABlockTakes) {
  Link link;
  link.serve(50, 160ms);
  EXPECT_GT(link.deadline.patience(), 1200ms);
  EXPECT_LT(link.deadline.patience(), 1400ms);
}

TEST(RequestDeadline, PartsOfABlockKeepASlowLink) {
  Link link;
  for (int i = 0; i < 50; ++i) {
    link.now += 1s;
    link.deadline.heard(link.payload += 2000, link.now);
    EXPECT_FALSE(link.deadline.passed(link.now));
    if (i % 8 == 7) link.deadline.block(link.now);
  }
  for (int i = 0; i < 10; ++i) link.deadline.heard(link.payload, link.now += 200ms);
  EXPECT_TRUE(link.deadline.passed(link.now));
}

TEST(RequestDeadline, DropsDoNotKeepALink) {
  Link link;
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(link.deadline.passed(link.now)) << i;
    link.deadline.heard(link.payload += 1, link.now += 1s);
  }
  EXPECT_TRUE(link.deadline.passed(link.now));
}

TEST(RequestDeadline, RunsOnlyWhileSomethingIsOpen) {
  Link link;
  link.deadline.settled();
  EXPECT_FALSE(link.deadline.passed(link.now + 1h));
  link.deadline.asked(link.now + 1h);
  EXPECT_FALSE(link.deadline.passed(link.now + 1h + 1s));
  EXPECT_TRUE(link.deadline.passed(link.now + 1h + 2s));
}

}  // namespace
}  // namespace roost::swarm
