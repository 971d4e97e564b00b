// Nodes of two zones on loopback: what crosses between them.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/swarm/swarm_fixture.hpp"

namespace roost::swarm::test {
namespace {

SessionConfig in_zone(const std::string& zone, std::uint64_t upload = 0) {
  SessionConfig config = Node::loopback();
  config.zone = zone;
  config.upload_limit = upload;
  return config;
}

void start_complete(Node& node, const Release& release) {
  write_file(node.file, release.data);
  TransferOptions options;
  options.complete = true;
  node.start(release, options);
}

std::uint64_t bytes_from(const Node& node, const Node& source) {
  std::uint64_t bytes = 0;
  for (const PeerInfo& peer : node.transfer->peers()) {
    if (peer.endpoint == source.session->local_endpoint()) bytes += peer.bytes_from;
  }
  return bytes;
}

bool linked(const Node& node, const Node& other) {
  const auto peers = node.transfer->peers();
  return std::any_of(peers.begin(), peers.end(), [&](const PeerInfo& peer) {
    return peer.connected && peer.endpoint == other.session->local_endpoint();
  });
}

// A node between a slow neighbour in its own zone and a fast one in another, who both have all.
struct Between {
  explicit Between(std::uint64_t near_rate)
      : near(dir / "near", in_zone("a", near_rate)),
        far(dir / "far", in_zone("b")),
        node(dir / "node", in_zone("a")) {
    start_complete(near, release);
    start_complete(far, release);
    TransferOptions options;
    options.neighbours = {near.as_neighbour()};
    node.start(release, options);
    EXPECT_TRUE(eventually([&] { return bytes_from(node, near) > 0; }));
    node.transfer->connect(far.as_neighbour());
    EXPECT_TRUE(eventually([&] { return linked(node, far); }));
  }
  TempDir dir;
  Release release = make_release(2 << 20, 32 << 10);
  Node near, far, node;
};

TEST(Zones, WhatANeighbourHasIsNotFetchedFromAfar) {
  Between b(1 << 20);
  ASSERT_TRUE(b.node.recorder.wait_complete());
  EXPECT_EQ(read_file(b.node.file), b.release.data);
  EXPECT_EQ(bytes_from(b.node, b.far), 0U);
}

TEST(Zones, AFarPeerServesWhenTheZoneIsGone) {
  Between b(256 << 10);
  b.near.transfer.reset();
  ASSERT_TRUE(b.node.recorder.wait_complete(20s));
  EXPECT_EQ(read_file(b.node.file), b.release.data);
  EXPECT_GT(bytes_from(b.node, b.far), b.release.data.size() / 2);
}

TEST(Zones, AFarPeerServesWhenTheZoneDeliversNothing) {
  Between b(256 << 10);
  b.near.session->set_limits({.upload = 1, .download = 0});
  ASSERT_TRUE(b.node.recorder.wait_complete(30s));
  EXPECT_GT(bytes_from(b.node, b.far), b.release.data.size() / 2);
}

TEST(Zones, ANeighbourThatCannotBeReachedCostsNoFarLink) {
  const TempDir dir;
  const Release release = make_release(4 << 20, 32 << 10);
  Node far(dir / "far", in_zone("b", 1 << 20));
  Node node(dir / "node", in_zone("a"));
  start_complete(far, release);
  Endpoint nobody = far.session->local_endpoint();
  nobody.address = "127.0.0.9";  // nothing listens there
  TransferOptions options;
  options.neighbours = {far.as_neighbour(), {nobody, false}};
  node.start(release, options);
  ASSERT_TRUE(node.recorder.wait_complete());
  const auto peers = node.transfer->peers();
  const auto link = std::find_if(peers.begin(), peers.end(), [&](const PeerInfo& peer) {
    return peer.endpoint == far.session->local_endpoint();
  });
  ASSERT_NE(link, peers.end());
  EXPECT_GE(link->bytes_from, release.data.size()) << "one connection carried it all";
}

// A line of three zones: what one zone's gateways leave to each other must not be left by all.
TEST(Zones, APieceReachesAThirdZoneThroughTheSecond) {
  const TempDir dir;
  const Release release = make_release(2 << 20, 32 << 10);
  Node first(dir / "first", in_zone("a"));
  Node left(dir / "left", in_zone("b"));
  Node right(dir / "right", in_zone("b"));
  Node last(dir / "last", in_zone("c"));
  TransferOptions to_first, to_right, to_left;
  last.start(release, {});
  to_right.neighbours = {last.as_neighbour()};
  right.start(release, to_right);
  to_left.neighbours = {right.as_neighbour()};
  left.start(release, to_left);
  ASSERT_TRUE(eventually([&] { return linked(left, right) && linked(right, last); }));
  start_complete(first, release);
  left.transfer->connect(first.as_neighbour());
  for (Node* node : {&left, &right, &last}) ASSERT_TRUE(node->recorder.wait_complete());
  EXPECT_EQ(read_file(last.file), release.data);
  EXPECT_GE(bytes_from(left, first), release.data.size()) << "nothing had to be asked for anew";
}

TEST(Zones, GatewaysShareWhatCrosses) {
  const TempDir dir;
  const Release release = make_release(8 << 20, 32 << 10);
  Node origin(dir / "origin", in_zone("a", 2 << 20));
  write_file(origin.file, release.data);
  TransferOptions seed;
  seed.complete = seed.origin = true;
  origin.start(release, seed);
  std::vector<std::unique_ptr<Node>> here, there;
  for (int i = 0; i < 3; ++i) {
    here.push_back(
        std::make_unique<Node>(dir / ("here" + std::to_string(i)), in_zone("a", 2 << 20)));
    there.push_back(std::make_unique<Node>(dir / ("there" + std::to_string(i)), in_zone("b")));
  }
  for (std::size_t i = 0; i < here.size(); ++i) {
    TransferOptions near_by, afar;
    near_by.neighbours = {origin.as_neighbour(true)};
    afar.neighbours = {here[i]->as_neighbour()};
    for (std::size_t other = 0; other < i; ++other) {
      near_by.neighbours.push_back(here[other]->as_neighbour());
      afar.neighbours.push_back(there[other]->as_neighbour());
    }
    here[i]->start(release, near_by);
    there[i]->start(release, afar);
  }
  std::uint64_t crossed = 0;
  for (std::size_t i = 0; i < here.size(); ++i) {
    ASSERT_TRUE(here[i]->recorder.wait_complete());
    ASSERT_TRUE(there[i]->recorder.wait_complete());
    EXPECT_EQ(read_file(there[i]->file), release.data);
    crossed += bytes_from(*there[i], *here[i]) + bytes_from(*here[i], *there[i]);
  }
  const double copies = static_cast<double>(crossed) / static_cast<double>(release.data.size());
  RecordProperty("copies_percent", static_cast<int>(100 * copies));
  EXPECT_GE(copies, 1.0) << copies;
  EXPECT_LT(copies, 1.05) << "gateways fetch different pieces";
}

}  // namespace
}  // namespace roost::swarm::test
