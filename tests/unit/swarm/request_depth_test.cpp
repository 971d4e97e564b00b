#include "core/swarm/request_depth.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace roost::swarm {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kBlock = 16 * 1024;

// A link of a rate and a round trip whose peer always asks for as much as it may.
struct Link {
  double rate;  // bytes a second
  std::chrono::microseconds round_trip;
  RequestDepth depth{};
  Monotonic now = Monotonic(1h);

  void run(std::chrono::milliseconds span) {
    const Monotonic end = now + span;
    while (now < end) {
      const double flow =
          std::min(rate, depth.depth() * static_cast<double>(kBlock) /
                             std::chrono::duration<double>(round_trip + 1ms).count());
      depth.sent(static_cast<std::uint64_t>(flow * 0.01));
      now += 10ms;
      if (depth.due(now)) depth.judge(now, round_trip);
    }
  }
  double carried() const { return depth.depth() * static_cast<double>(kBlock); }
};

TEST(RequestDepth, FillsALongFatLinkWithinASecond) {
  Link link{125e6, 40ms};
  link.run(1s);
  EXPECT_GE(link.carried(), 125e6 * 0.04);
}

TEST(RequestDepth, KeepsLittleMoreThanTheLinkHolds) {
  Link link{800e3, 1ms};
  link.run(3s);
  EXPECT_LE(link.carried(), 800e3 * 0.13);
  EXPECT_GE(link.depth.depth(), RequestDepth::kLeast);
}

TEST(RequestDepth, FollowsALinkThatGetsSlower) {
  Link link{50e6, 10ms};
  link.run(2s);
  const int before = link.depth.depth();
  link.rate = 1e6;
  link.run(5s);
  EXPECT_LT(link.depth.depth(), before / 4);
}

TEST(RequestDepth, StaysWithinItsBounds) {
  Link slow{1e3, 100us};
  slow.run(3s);
  EXPECT_EQ(slow.depth.depth(), RequestDepth::kLeast);
  Link fast{100e9, 1s};
  fast.run(60s);
  EXPECT_EQ(fast.depth.depth(), RequestDepth::kMost);
}

TEST(RequestDepth, SaysNothingWhileNothingChangesMuch) {
  Link link{10e6, 5ms};
  link.run(3s);
  const int settled = link.depth.depth();
  for (int i = 0; i < 20; ++i) {
    link.now += 100ms;
    link.depth.sent(static_cast<std::uint64_t>(i % 2 == 0 ? 1.0e6 : 0.9e6));
    EXPECT_EQ(link.depth.judge(link.now, 5ms), std::nullopt);
  }
  EXPECT_EQ(link.depth.depth(), settled);
}

}  // namespace
}  // namespace roost::swarm
