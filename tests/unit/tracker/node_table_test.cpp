#include "tracker/node_table.hpp"

#include <gtest/gtest.h>

#include "core/base/error.hpp"

namespace roost::tracker {
namespace {

using proto::TransferReport;
using proto::TransferState;

using namespace std::chrono_literals;

class NodeTableTest : public ::testing::Test {
 protected:
  static NodeHello hello(const std::string& id, int port, const std::vector<std::string>& follows) {
    std::vector<release::ChannelRef> channels;
    for (const auto& text : follows) channels.push_back(channel(text));
    return {id, *PeerAddress::parse("10.0.0.1", static_cast<std::uint16_t>(port)), "z1",
            std::move(channels)};
  }
  static release::ChannelRef channel(std::string_view text) {
    return release::ChannelRef::parse(text);
  }
  static std::vector<TransferReport> transfers(TransferState state) {
    return {{release::ReleaseRef::parse("web@1"), {}, state, 0, 0, 0, 0, {}, {}}};
  }

  NodeTable table{45s, 24h};
  Monotonic now{1000h};
};

TEST_F(NodeTableTest, KnowsWhoFollowsWhat) {
  table.heard(hello("a", 1, {"web/prod", "db/prod"}), now);
  table.heard(hello("b", 2, {"web/prod"}), now);
  EXPECT_EQ(table.followers(channel("web/prod")).size(), 2U);
  EXPECT_EQ(table.followers(channel("db/prod")).size(), 1U);
  table.heard(hello("a", 1, {"web/prod"}), now);
  EXPECT_TRUE(table.followers(channel("db/prod")).empty());
  EXPECT_EQ(table.followers(channel("web/prod")).size(), 2U);
}

TEST_F(NodeTableTest, KeepsWhatALaterHelloLeavesOut) {
  table.heard(hello("a", 1, {"web/prod"}), now);
  const Node& node = table.heard({"a", {}, "", {}}, now + 1s);
  EXPECT_EQ(node.address.port(), 1);
  EXPECT_EQ(node.zone, "z1");
  EXPECT_EQ(table.followers(channel("web/prod")).size(), 1U);
}

TEST_F(NodeTableTest, CountsAsWholeWhoHasTheImageBesideTheTree) {
  table.heard(hello("a", 1, {"web/prod"}), now);
  const auto report = [&](TransferState state, std::uint32_t pieces) {
    auto reports = transfers(state);
    reports[0].pieces = pieces;
    reports[0].pieces_total = 8;
    table.report("a", reports);
    return table.counts(release::ReleaseId{}).whole;
  };
  EXPECT_EQ(report(TransferState::fetching, 8), 0U);
  EXPECT_EQ(report(TransferState::staged, 0), 0U);
  EXPECT_EQ(report(TransferState::active, 7), 0U);
  EXPECT_EQ(report(TransferState::active, 8), 1U);
  EXPECT_EQ(report(TransferState::failed, 8), 0U);
}

TEST_F(NodeTableTest, LosesWhoIsSilentUnlessItHoldsAStream) {
  const Node& node = table.heard(hello("a", 1, {"web/prod"}), now);
  EXPECT_TRUE(table.live(node, now + 44s));
  EXPECT_FALSE(table.live(node, now + 45s));
  table.stream_opened("a");
  EXPECT_TRUE(table.live(node, now + 10h));
  table.stream_closed("a", now + 10h);
  EXPECT_TRUE(table.live(node, now + 10h));
  EXPECT_FALSE(table.live(node, now + 11h));
}

TEST_F(NodeTableTest, CountsStatesPerRelease) {
  table.heard(hello("a", 1, {}), now);
  table.heard(hello("b", 2, {}), now);
  table.report("a", transfers(TransferState::fetching));
  table.report("b", transfers(TransferState::fetching));
  EXPECT_EQ(table.counts(release::ReleaseId{}).fetching, 2U);
  table.report("a", transfers(TransferState::staged));
  table.report("b", transfers(TransferState::active));
  const auto counts = table.counts(release::ReleaseId{});
  EXPECT_EQ(counts.fetching, 0U);
  EXPECT_EQ(counts.staged, 1U);
  EXPECT_EQ(counts.active, 1U);
  table.report("a", {});
  table.report("b", {});
  EXPECT_EQ(table.counts(release::ReleaseId{}).staged, 0U);
  table.report("nobody", transfers(TransferState::staged));
  EXPECT_EQ(table.counts(release::ReleaseId{}).staged, 0U);
}

TEST_F(NodeTableTest, ForgetsTheLongLost) {
  table.heard(hello("a", 1, {"web/prod"}), now);
  table.report("a", transfers(TransferState::active));
  table.forget(now + 23h);
  EXPECT_EQ(table.size(), 1U);
  table.forget(now + 25h);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_TRUE(table.followers(channel("web/prod")).empty());
  EXPECT_EQ(table.counts(release::ReleaseId{}).active, 0U);
  EXPECT_FALSE(table.is_node(*PeerAddress::parse("10.0.0.1", 1)));
}

TEST_F(NodeTableTest, KnowsTheAddressesOfNodes) {
  table.heard(hello("a", 1, {}), now);
  EXPECT_TRUE(table.is_node(*PeerAddress::parse("10.0.0.1", 1)));
  table.heard(hello("a", 2, {}), now);
  EXPECT_FALSE(table.is_node(*PeerAddress::parse("10.0.0.1", 1)));
  EXPECT_TRUE(table.is_node(*PeerAddress::parse("10.0.0.1", 2)));
}

}  // namespace
}  // namespace roost::tracker
