// One origin and several fetchers on loopback: what leaves the origin, and who
// gives whom what.
#include <gtest/gtest.h>

#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/settings_pack.hpp>
#include <libtorrent/torrent_info.hpp>
#include <libtorrent/torrent_status.hpp>

#include "tests/unit/swarm/swarm_fixture.hpp"

namespace roost::swarm::test {
namespace {

namespace lt = libtorrent;

using Nodes = std::vector<std::unique_ptr<Node>>;

// Each dials the origin and all that started before it, so the graph is a full mesh.
Nodes start_fetchers(const TempDir& dir, const Release& release, const Node& origin, int count,
                     bool both_ways = false) {
  Nodes nodes;
  for (int i = 0; i < count; ++i) {
    nodes.push_back(std::make_unique<Node>(dir / ("node" + std::to_string(i))));
  }
  for (const auto& node : nodes) {
    TransferOptions options;
    options.neighbours = {origin.as_neighbour(true)};
    for (const auto& other : nodes) {
      if (other == node && !both_ways) break;
      if (other != node) options.neighbours.push_back(other->as_neighbour());
    }
    node->start(release, options);
  }
  return nodes;
}

void expect_all_right(const Nodes& nodes, const Release& release) {
  for (const auto& node : nodes) {
    ASSERT_TRUE(node->recorder.wait_complete())
        << node->file << ": " << node->transfer->stats().stall_reason;
    EXPECT_EQ(read_file(node->file), release.data);
    EXPECT_EQ(node->recorder.pieces().size(), release.pieces());
  }
}

double copies_sent(const Node& origin, const Release& release) {
  return static_cast<double>(origin.transfer->stats().bytes_uploaded) /
         static_cast<double>(release.data.size());
}

class RevealingOrigin : public testing::TestWithParam<int> {};

TEST_P(RevealingOrigin, SendsLittleMoreThanOneCopy) {
  const TempDir dir;
  const Release release = make_release(16 << 20, 32 << 10);
  const auto origin = start_origin(dir, release, 8 << 20);
  const auto begin = std::chrono::steady_clock::now();
  const Nodes nodes = start_fetchers(dir, release, *origin, GetParam());
  expect_all_right(nodes, release);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const double copies = copies_sent(*origin, release);
  std::printf("%d fetchers: %.3f copies from the origin, %.2f s (bound 2.00)\n", GetParam(), copies,
              took.count());
  EXPECT_LE(copies, 1.3);
  std::uint64_t from_origin = 0;
  for (const auto& node : nodes) {
    const TransferStats stats = node->transfer->stats();
    from_origin += stats.bytes_origin;
    EXPECT_GT(stats.bytes_peers, 0U);
    EXPECT_GE(stats.bytes_origin + stats.bytes_peers, release.data.size());
  }
  EXPECT_NEAR(static_cast<double>(from_origin), copies * static_cast<double>(release.data.size()),
              static_cast<double>(release.data.size()) * 0.05);
  EXPECT_TRUE(eventually([&] { return origin->transfer->distributed_copies() == GetParam(); }));
}

INSTANTIATE_TEST_SUITE_P(Swarm, RevealingOrigin, testing::Values(3, 8));

TEST(Swarm, FetcherWithoutRevealingFinishesToo) {
  const TempDir dir;
  const Release release = make_release(4 << 20, 32 << 10);
  const auto origin = start_origin(dir, release);
  lt::settings_pack pack;
  pack.set_str(lt::settings_pack::listen_interfaces, "127.0.0.1:0");
  pack.set_bool(lt::settings_pack::enable_dht, false);
  pack.set_bool(lt::settings_pack::enable_outgoing_utp, false);
  lt::session plain{lt::session_params(pack)};
  lt::add_torrent_params params;
  params.ti =
      std::make_shared<lt::torrent_info>(reinterpret_cast<const char*>(release.torrent.data()),
                                         static_cast<int>(release.torrent.size()));
  params.save_path = dir.path().string();
  const auto handle = plain.add_torrent(params);
  handle.connect_peer({lt::make_address("127.0.0.1"), origin->session->local_endpoint().port});
  ASSERT_TRUE(eventually([&] { return handle.status().is_seeding; }));
  EXPECT_EQ(read_file(dir / "image"), release.data);
}

TEST(Swarm, BothEndsMayDialAndOneConnectionStays) {
  const TempDir dir;
  const Release release = make_release(2 << 20, 16 << 10);
  const auto origin = start_origin(dir, release);
  const Nodes nodes = start_fetchers(dir, release, *origin, 4, true);
  for (const auto& node : nodes) origin->transfer->connect(node->as_neighbour());
  expect_all_right(nodes, release);
  const auto settled = [&](const Transfer& t) {
    return t.stats().peers == 4 && t.peers().size() == 4;
  };
  EXPECT_TRUE(eventually([&] {
    return settled(*origin->transfer) &&
           std::all_of(nodes.begin(), nodes.end(), [&](auto& n) { return settled(*n->transfer); });
  }));
}

TEST(Swarm, LateJoinerIsServedByPeersAndOrigin) {
  const TempDir dir;
  const Release release = make_release(4 << 20, 32 << 10);
  const auto origin = start_origin(dir, release);
  const Nodes early = start_fetchers(dir, release, *origin, 2);
  expect_all_right(early, release);
  Node late(dir / "late");
  TransferOptions options;
  options.neighbours = {origin->as_neighbour(true), early[0]->as_neighbour()};
  late.start(release, options);
  ASSERT_TRUE(late.recorder.wait_complete());
  EXPECT_EQ(read_file(late.file), release.data);
}

TEST(Swarm, FinishesWithoutTheOriginOnceACopyIsOut) {
  const TempDir dir;
  const Release release = make_release(8 << 20, 32 << 10);
  auto origin = start_origin(dir, release, 8 << 20);
  const Nodes nodes = start_fetchers(dir, release, *origin, 3);
  ASSERT_TRUE(eventually([&] { return origin->transfer->distributed_copies() >= 1; }));
  origin.reset();
  expect_all_right(nodes, release);
}

TEST(Swarm, CorruptBlockIsFoundNamedAndReplaced) {
  const TempDir dir;
  const Release release = make_release(2 << 20, 32 << 10);
  const auto origin = start_origin(dir, release, 1 << 20);
  const auto liar = start_liar(dir, release);
  Node node(dir / "image");
  TransferOptions options;
  options.neighbours = {liar->as_neighbour(), origin->as_neighbour(true)};
  node.start(release, options);
  ASSERT_TRUE(node.recorder.wait_complete());
  EXPECT_EQ(read_file(node.file), release.data);
  ASSERT_TRUE(node.recorder.wait_problem(ProblemKind::corrupt_peer));
  bool named = false;
  for (const Problem& problem : node.recorder.problems()) {
    EXPECT_EQ(problem.error.code(), Errc::integrity);
    const std::string what = problem.error.what();
    EXPECT_EQ(what.find(origin->session->local_endpoint().str()), std::string::npos) << what;
    named |= what.find(liar->session->local_endpoint().str()) != std::string::npos;
  }
  EXPECT_TRUE(named);
  const TransferStats stats = node.transfer->stats();
  EXPECT_GT(stats.pieces_failed, 0U);
  EXPECT_GT(stats.bytes_failed, 0U);
}

TEST(Swarm, LostNeighbourIsDialledAgain) {
  const TempDir dir;
  const Release release = make_release(2 << 20, 32 << 10);
  auto origin = start_origin(dir, release, 256 << 10);
  const Endpoint at = origin->session->local_endpoint();
  Node node(dir / "image");
  TransferOptions options;
  options.neighbours = {origin->as_neighbour(true)};
  node.start(release, options);
  ASSERT_TRUE(node.recorder.wait_pieces(2));
  origin.reset();
  ASSERT_TRUE(eventually([&] { return node.transfer->stats().peers == 0; }));
  SessionConfig config;
  config.listen = at;
  Node again(dir / "origin", config);
  TransferOptions seed;
  seed.complete = seed.origin = true;
  again.start(release, seed);
  ASSERT_TRUE(node.recorder.wait_complete());
  EXPECT_EQ(read_file(node.file), release.data);
}

}  // namespace
}  // namespace roost::swarm::test
