#include "core/swarm/waiting.hpp"

#include <gtest/gtest.h>

#include "tests/unit/swarm/swarm_fixture.hpp"

namespace roost::swarm {
namespace {

using namespace std::chrono_literals;

TEST(Occupancy, IntegratesWhetherAndHowManyLinksWereBusy) {
  const Monotonic start{};
  Occupancy occupancy;
  EXPECT_EQ(occupancy.until(start + 1s).any, 0s);
  occupancy.change(1, start + 1s);
  occupancy.change(1, start + 2s);
  occupancy.change(-1, start + 5s);
  occupancy.change(-1, start + 6s);
  EXPECT_EQ(occupancy.until(start + 4s + 2s).any, 5s);
  EXPECT_EQ(occupancy.until(start + 100s).any, 5s);
  EXPECT_EQ(occupancy.until(start + 100s).links, 8s);
}

TEST(Occupancy, CountsWhatIsStillGoingOn) {
  const Monotonic start{};
  Occupancy occupancy;
  occupancy.change(2, start);
  EXPECT_EQ(occupancy.until(start + 3s).any, 3s);
  EXPECT_EQ(occupancy.until(start + 3s).links, 6s);
}

bool stands_still(const Transfer& transfer, BusyTime Waiting::*which) {
  return (transfer.waiting().*which).links == (transfer.waiting().*which).links;
}

TEST(Waiting, IsForOriginsOrPeersOrOfUsAndEndsWithTheTransfer) {
  const test::TempDir dir;
  const auto release = test::make_release(4 << 20, 32 << 10);
  const auto origin = test::start_origin(dir, release, 8 << 20);
  std::vector<std::unique_ptr<test::Node>> nodes;
  for (const char* name : {"a", "b", "c"}) {
    auto& node = nodes.emplace_back(std::make_unique<test::Node>(dir / name));
    TransferOptions options;
    options.neighbours = {origin->as_neighbour(true)};
    for (const auto& other : nodes) {
      if (other != node) options.neighbours.push_back(other->as_neighbour());
    }
    node->start(release, options);
  }
  for (const auto& node : nodes) ASSERT_TRUE(node->recorder.wait_complete());
  for (const auto& node : nodes) {
    const auto waiting = node->transfer->waiting();
    EXPECT_GT(waiting.of_origins.any, 0s);
    EXPECT_GT(waiting.of_peers.any, 0s);
    EXPECT_GE(waiting.of_peers.links, waiting.of_peers.any);
    EXPECT_EQ(waiting.origins, 1U);
    EXPECT_TRUE(waiting.complete);
    EXPECT_NE(waiting.network_thread, 0);
    // What was asked has come, or was rejected: a clock runs on for a request that was forgotten.
    for (const auto which : {&Waiting::of_origins, &Waiting::of_peers, &Waiting::of_us}) {
      EXPECT_TRUE(test::eventually([&] { return stands_still(*node->transfer, which); }));
    }
  }
  EXPECT_GT(origin->transfer->waiting().of_us.any, 0s);
  EXPECT_EQ(origin->transfer->waiting().of_origins.any, 0s);
}

TEST(Waiting, OfOneWhoKnowsNobodyIsLonely) {
  const test::TempDir dir;
  const auto release = test::make_release(1 << 20, 32 << 10);
  test::Node node(dir / "alone");
  node.start(release);
  EXPECT_TRUE(node.transfer->waiting().lonely);
  EXPECT_TRUE(node.transfer->waiting().tracker_silent);
}

}  // namespace
}  // namespace roost::swarm
