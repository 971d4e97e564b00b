// What neighbours that are silent, slow or liars cost those who ask them.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/base/guarded.hpp"
#include "tests/unit/swarm/scripted_peer.hpp"

namespace roost::swarm::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kBlock = 16 << 10;

double seconds(Clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

// A node that fetches from a peer of the script and, a moment later, from an honest node.
struct Between {
  Between(const Release& what, std::uint64_t script_rate, std::uint64_t honest_rate,
          Bitmap honest_has = {})
      : release(what), scripted(what, script_rate), honest(dir / "honest", capped(honest_rate)) {
    write_file(honest.file, release.data);
    TransferOptions seed;
    seed.have = honest_has;
    seed.complete = honest_has.empty();
    honest.start(release, seed);
    node.recorder.also_on_piece = [this](std::uint32_t piece) {
      verified.with([&](auto& v) { v[piece] = Clock::now(); });
    };
    TransferOptions options;
    options.neighbours = {scripted.as_neighbour()};
    node.start(release, options);
    EXPECT_TRUE(eventually([&] { return !scripted.requests().empty(); }));
    node.transfer->connect(honest.as_neighbour());
  }

  static SessionConfig capped(std::uint64_t upload) {
    SessionConfig config = Node::loopback();
    config.upload_limit = upload;
    return config;
  }

  // The longest that a piece took which the scripted peer was asked for.
  double longest_wait() const {
    double longest = 0;
    const auto pieces = verified.with([](const auto& v) { return v; });
    for (const auto& request : scripted.requests()) {
      longest = std::max(longest, seconds(pieces.at(request.piece) - request.at));
    }
    return longest;
  }

  TempDir dir;
  const Release& release;
  ScriptedPeer scripted;
  Node honest;
  Guarded<std::map<std::uint32_t, Clock::time_point>> verified;
  Node node{dir / "node"};
};

double wasted(const Node& node) {
  const auto stats = node.transfer->stats();
  return static_cast<double>(stats.bytes_redundant) /
         static_cast<double>(stats.bytes_origin + stats.bytes_peers);
}

// A time-out, not a speed: ours is 2 s, and libtorrent alone takes 8 s to ask others for all.
TEST(Tail, WhatASilentPeerWasAskedForIsSoonAskedOfOthers) {
  const Release release = make_release(24 << 20, 64 << 10);
  Between between(release, 0, 3 << 20);
  ASSERT_TRUE(between.node.recorder.wait_complete());
  EXPECT_EQ(read_file(between.node.file), release.data);
  EXPECT_LE(between.longest_wait(), 6.0);
  EXPECT_LE(wasted(between.node), 0.03);
}

TEST(Tail, ASilentPeerIsLeftThoughItRejectsWhatItWasNotAskedFor) {
  const Release release = make_release(24 << 20, 64 << 10);
  Between between(release, 0, 3 << 20);
  between.scripted.babble();
  ASSERT_TRUE(between.node.recorder.wait_complete());
  EXPECT_EQ(read_file(between.node.file), release.data);
  EXPECT_GE(between.scripted.connections(), 2);
}

TEST(Tail, ASlowPeerIsAskedForLittle) {
  const Release release = make_release(8 << 20, 64 << 10);
  Between between(release, 20 << 10, 2 << 20);
  ASSERT_TRUE(between.node.recorder.wait_complete());
  EXPECT_EQ(read_file(between.node.file), release.data);
  EXPECT_LE(between.scripted.requests().size(), release.pieces());  // a quarter of all blocks
  EXPECT_LE(wasted(between.node), 0.03);
}

// At the end all but one neighbour are idle, and libtorrent alone would ask each for a block
// that the last one is about to send.
TEST(Tail, NoBlockIsAskedOfTwoWhoSend) {
  const Release release = make_release(64 * kBlock, kBlock);
  const TempDir dir;
  std::vector<std::unique_ptr<Node>> seeds;
  TransferOptions options;
  for (int i = 0; i < 6; ++i) {
    seeds.push_back(
        std::make_unique<Node>(dir / ("seed" + std::to_string(i)), Between::capped(256 << 10)));
    write_file(seeds.back()->file, release.data);
    TransferOptions seed;
    seed.complete = true;
    seeds.back()->start(release, seed);
    options.neighbours.push_back(seeds.back()->as_neighbour());
  }
  Node node(dir / "node");
  node.start(release, options);
  ASSERT_TRUE(node.recorder.wait_complete());
  EXPECT_EQ(read_file(node.file), release.data);
  EXPECT_EQ(node.transfer->stats().bytes_redundant, 0U);
}

Bitmap without(const Release& release, std::uint32_t first, std::uint32_t count) {
  Bitmap have(release.pieces(), true);
  for (auto piece = first; piece < first + count; ++piece) have[piece] = false;
  return have;
}

// The honest one has nothing to do when the silent one is left, and libtorrent alone would
// look at it five seconds later.
TEST(Tail, AnIdlePeerIsAskedForWhatASilentOneWasAskedFor) {
  const Release release = make_release(12 << 16, 64 << 10);
  Between between(release, 0, 4 << 20, without(release, 10, 2));
  ASSERT_TRUE(between.node.recorder.wait_pieces(10, 4s));
  EXPECT_TRUE(eventually([&] {  // the rest is still wanted of the only one that has it
    const auto asked = between.scripted.requests();
    return std::any_of(asked.begin(), asked.end(), [](auto& r) { return r.piece >= 10; });
  }));
}

// Nothing is here yet, and all there is was asked of a peer that sends nothing.
TEST(Tail, WhoComesLaterIsAskedThoughNothingIsHereYet) {
  for (const std::uint32_t pieces : {1U, 2U}) {
    const Release release = make_release(pieces * kBlock, kBlock);
    Between between(release, 0, 4 << 20);
    ASSERT_TRUE(between.node.recorder.wait_complete(20s)) << pieces;
    EXPECT_EQ(read_file(between.node.file), release.data);
  }
}

TEST(Tail, ASlowPeerIsUsedWhereItIsTheOnlySource) {
  const Release release = make_release(2 << 20, 64 << 10);
  Between between(release, 100 << 10, 4 << 20, without(release, 28, 4));
  ASSERT_TRUE(between.node.recorder.wait_complete());
  EXPECT_EQ(read_file(between.node.file), release.data);
  EXPECT_EQ(between.scripted.connections(), 1) << "steady, so never left";
}

// Five fetchers who all know each other, the origin, and a liar faster than it.
TEST(Tail, ALiarInAMeshIsBannedAndNobodyElse) {
  const Release release = make_release(8 << 20, 64 << 10);
  const TempDir dir;
  const auto origin = start_origin(dir, release, 4 << 20);
  const auto liar = start_liar(dir, release);
  std::vector<std::unique_ptr<Node>> nodes;
  for (int i = 0; i < 5; ++i) {
    TransferOptions options;
    options.neighbours = {liar->as_neighbour(), origin->as_neighbour(true)};
    for (const auto& other : nodes) options.neighbours.push_back(other->as_neighbour());
    nodes.push_back(std::make_unique<Node>(dir / ("node" + std::to_string(i))));
    nodes.back()->start(release, options);
  }
  for (const auto& node : nodes) {
    ASSERT_TRUE(node->recorder.wait_complete())
        << node->file << " " << node->transfer->stats().pieces_have << " "
        << node->transfer->stats().stall_reason;
    EXPECT_EQ(read_file(node->file), release.data);
  }
  for (const auto& node : nodes) {
    EXPECT_TRUE(node->recorder.wait_problem(ProblemKind::corrupt_peer)) << node->file;
    for (const auto& problem : node->recorder.problems()) {
      const std::string what = problem.error.what();
      EXPECT_EQ(problem.kind, ProblemKind::corrupt_peer) << what;
      EXPECT_NE(what.find(liar->session->local_endpoint().str()), std::string::npos) << what;
    }
  }
}

// Large pieces, and nobody faster than the liar.
TEST(Tail, ALiarThatIsNotFasterIsBannedAndNobodyElse) {
  const Release release = make_release(16 << 20, 1 << 20);
  const TempDir dir;
  const auto liar = start_liar(dir, release, 2 << 20);
  TransferOptions complete;
  complete.complete = true;
  Node node(dir / "node");
  TransferOptions options;
  options.neighbours = {liar->as_neighbour()};
  std::vector<std::unique_ptr<Node>> honest;
  for (int i = 0; i < 3; ++i) {
    honest.push_back(
        std::make_unique<Node>(dir / ("honest" + std::to_string(i)), Between::capped(1 << 20)));
    write_file(honest.back()->file, release.data);
    honest.back()->start(release, complete);
    options.neighbours.push_back(honest.back()->as_neighbour());
  }
  node.start(release, options);
  ASSERT_TRUE(node.recorder.wait_complete());
  EXPECT_EQ(read_file(node.file), release.data);
  ASSERT_TRUE(node.recorder.wait_problem(ProblemKind::corrupt_peer));
  for (const auto& problem : node.recorder.problems()) {
    const std::string what = problem.error.what();
    EXPECT_NE(what.find(liar->session->local_endpoint().str()), std::string::npos) << what;
  }
  EXPECT_TRUE(eventually([&] { return node.transfer->stats().peers == 3; }));
  for (const auto& peer : node.transfer->peers()) {
    EXPECT_NE(peer.endpoint, liar->session->local_endpoint());
  }
}

// As many as in a rack, in a full mesh: what comes twice is little.
TEST(Tail, OfWhatSeveralNodesFetchLittleComesTwice) {
  const Release release = make_release(16 << 20, 64 << 10);
  const TempDir dir;
  const auto origin = start_origin(dir, release, 8 << 20);
  std::vector<std::unique_ptr<Node>> nodes;
  for (int i = 0; i < 8; ++i) {
    TransferOptions options;
    options.neighbours = {origin->as_neighbour(true)};
    for (const auto& other : nodes) options.neighbours.push_back(other->as_neighbour());
    nodes.push_back(
        std::make_unique<Node>(dir / ("node" + std::to_string(i)), Between::capped(8 << 20)));
    nodes.back()->start(release, options);
  }
  std::uint64_t redundant = 0;
  for (const auto& node : nodes) {
    ASSERT_TRUE(node->recorder.wait_complete());
    redundant += node->transfer->stats().bytes_redundant;
  }
  const double share =
      static_cast<double>(redundant) / static_cast<double>(nodes.size() * release.data.size());
  EXPECT_LE(share, 0.03);
}

}  // namespace
}  // namespace roost::swarm::test
