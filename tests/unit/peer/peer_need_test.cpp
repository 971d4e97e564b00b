#include "peer/peer_need.hpp"

#include <gtest/gtest.h>

namespace roost::peer {
namespace {

using namespace std::chrono_literals;

constexpr Monotonic kStart{1000h};

TEST(PeerNeed, IsNoneWhileBytesCome) {
  PeerNeed need(kStart);
  for (int second = 1; second < 100; ++second) {
    EXPECT_FALSE(need.due(kStart + second * 1s, 1, static_cast<std::uint64_t>(second)));
  }
}

TEST(PeerNeed, IsFeltWithinTwoSecondsOfSilence) {
  PeerNeed need(kStart);
  EXPECT_FALSE(need.due(kStart + 1s, 8, 100));
  EXPECT_FALSE(need.due(kStart + 2s, 8, 100));
  EXPECT_TRUE(need.due(kStart + 3s, 8, 100)) << "silent peers are as good as none";
}

TEST(PeerNeed, IsFeltByWhoLostHisPeersThoughSomeBytesCome) {
  PeerNeed need(kStart);
  EXPECT_FALSE(need.due(kStart + 4s, 8, 100));
  EXPECT_TRUE(need.due(kStart + 5s, 1, 200));
}

TEST(PeerNeed, IsToldEverMoreSeldom) {
  PeerNeed need(kStart);
  int asked = 0;
  for (int second = 1; second <= 300; ++second) asked += need.due(kStart + second * 1s, 0, 0);
  EXPECT_GE(asked, 10);
  EXPECT_LE(asked, 14);
}

}  // namespace
}  // namespace roost::peer
