#include "bench/simulator/wire.hpp"

#include <gmock/gmock.h>

#include <array>

namespace roost::bench::simulator {
namespace {

using ::testing::ElementsAre;

constexpr double kRate = 1'000'000;  // bytes a second: a byte takes a microsecond
constexpr Time kByte = kSecond / 1'000'000;
constexpr Time kDelay = 5 * kSecond / 1000;

struct Received {
  Time at;
  HostId by;
  MessageKind kind;
  std::uint32_t piece;
  bool operator==(const Received&) const = default;
};

// Hosts that only write down what they hear.
class Net : public Wire::Ends {
 public:
  explicit Net(Topology topology) : wire_(topology, events_, *this) {}

  LinkId link(HostId from, HostId to) const {
    for (LinkId link = wire_.first(from); link < wire_.last(from); ++link) {
      if (wire_.remote(link) == to) return link;
    }
    throw std::out_of_range("no such link");
  }
  void run() {
    while (!events_.empty()) wire_.handle(events_.take());
  }
  void received(LinkId link, Message message) override {
    heard_.push_back({events_.now(), wire_.owner(link), message.kind(), message.piece()});
  }
  void block_left(LinkId) override {}

  EventQueue events_;
  Wire wire_;
  std::vector<Received> heard_;
};

Topology star(double up, double down, double other_down) {
  Topology topology;
  topology.hosts = {{up, down, 0}, {kRate, other_down, 0}, {kRate, other_down, 0}};
  topology.connections = {{1, 0}, {2, 0}, {1, 2}};
  topology.near = kDelay;
  return topology;
}

TEST(Wire, TakesABlockItsBytesAndTheDelay) {
  Net net(star(kRate, kRate, kRate));
  net.wire_.send(net.link(0, 1), Message::block(7, 0));
  net.run();
  EXPECT_THAT(net.heard_,
              ElementsAre(Received{kBlockBytes * kByte + kDelay, 1, MessageKind::block, 7}));
}

TEST(Wire, ServesItsLinksInTurn) {
  Net net(star(kRate, kRate, kRate));
  net.wire_.send(net.link(0, 1), Message::block(1, 0));
  net.wire_.send(net.link(0, 1), Message::block(2, 0));
  net.wire_.send(net.link(0, 2), Message::block(3, 0));
  net.run();
  const auto at = [](Time blocks) { return blocks * kBlockBytes * kByte + kDelay; };
  EXPECT_THAT(net.heard_, ElementsAre(Received{at(1), 1, MessageKind::block, 1},
                                      Received{at(2), 2, MessageKind::block, 3},
                                      Received{at(3), 1, MessageKind::block, 2}));
}

TEST(Wire, LetsAMessageWaitForTheBlocksBeforeIt) {
  Net net(star(kRate, kRate, kRate));
  net.wire_.send(net.link(0, 1), Message::block(1, 0));
  net.wire_.send(net.link(0, 1), Message::have(9));
  net.wire_.send(net.link(0, 2), Message::have(9));
  net.run();
  EXPECT_THAT(net.heard_,
              ElementsAre(Received{kDelay, 2, MessageKind::have, 9},
                          Received{kBlockBytes * kByte + kDelay, 1, MessageKind::block, 1},
                          Received{kBlockBytes * kByte + kDelay, 1, MessageKind::have, 9}));
}

TEST(Wire, TellsManyWhatItTellsOne) {
  Net net(star(kRate, kRate, kRate));
  const std::array both{net.link(0, 1), net.link(0, 2)};
  net.wire_.send(both[0], Message::block(1, 0));
  net.wire_.tell(both, Message::have(9));
  net.run();
  EXPECT_THAT(net.heard_,
              ElementsAre(Received{kDelay, 2, MessageKind::have, 9},
                          Received{kBlockBytes * kByte + kDelay, 1, MessageKind::block, 1},
                          Received{kBlockBytes * kByte + kDelay, 1, MessageKind::have, 9}));
}

TEST(Wire, TakesNoMoreThanTheDownlinkCarries) {
  constexpr int kBlocks = 40;
  Net net(star(10 * kRate, kRate, kRate));
  for (int i = 0; i < kBlocks; ++i) {
    net.wire_.send(net.link(0, 2), Message::block(1, 0));
    net.wire_.send(net.link(1, 2), Message::block(2, 0));
  }
  net.run();
  ASSERT_EQ(net.heard_.size(), 2 * kBlocks);
  for (std::size_t i = 0; i < net.heard_.size(); ++i) {
    EXPECT_GE(net.heard_[i].at, static_cast<Time>(i + 1) * kBlockBytes * kByte) << i;
  }
  EXPECT_LE(net.heard_.back().at, 2 * kBlocks * kBlockBytes * kByte + kDelay + kBlockBytes * kByte);
}

TEST(Wire, JoinsSmallMessagesWhereADownlinkOverflows) {
  constexpr std::uint64_t kMany = 10'000;
  constexpr std::uint64_t kBuffer = 256 << 10;
  Net net(star(kRate, kRate, kRate));
  for (std::uint64_t i = 0; i < kMany; ++i) net.wire_.send(net.link(0, 1), Message::have(1));
  net.run();
  EXPECT_EQ(net.heard_.size(), kMany);
  EXPECT_GT(net.wire_.counters(1).in, kBuffer + (kMany - kBuffer / kLoose) * kControl);
  EXPECT_LT(net.wire_.counters(1).in, kMany * kLoose / 2);
}

TEST(Wire, SendsWhatLeavesAZoneThroughItsTrunk) {
  auto topology = star(kRate, kRate, kRate);
  topology.zones = 2;
  topology.hosts[2].zone = 1;
  topology.far = 4 * kDelay;
  topology.trunk = kRate / 4;
  Net net(topology);
  net.wire_.send(net.link(0, 2), Message::block(1, 0));
  net.wire_.send(net.link(1, 2), Message::block(2, 0));
  net.run();
  const auto at = [](Time blocks) { return blocks * 4 * kBlockBytes * kByte + 4 * kDelay; };
  ASSERT_EQ(net.heard_.size(), 2U);
  EXPECT_EQ(net.heard_[0].at, at(1));
  EXPECT_EQ(net.heard_[1].at, at(2));
  EXPECT_EQ(net.wire_.trunk_bytes(), 2 * kBlockBytes);
}

}  // namespace
}  // namespace roost::bench::simulator
