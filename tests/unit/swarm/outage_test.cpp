// What a node blames its links for when all of them fall silent at once: nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "core/base/guarded.hpp"
#include "tests/unit/swarm/scripted_peer.hpp"

namespace roost::swarm::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kBlock = 16 << 10;
constexpr std::uint64_t kRate = 128 << 10;  // a block in an eighth of a second

// A node, and three who have all that it wants and whose serving is switched off and on.
struct Outage : testing::Test {
  Outage() {
    node.recorder.also_on_piece = [this](std::uint32_t) {
      latest.with([](auto& at) { at = Clock::now(); });
    };
    TransferOptions options;
    for (int i = 0; i < 3; ++i) {
      peers.push_back(std::make_unique<ScriptedPeer>(release, kRate));
      options.neighbours.push_back(peers.back()->as_neighbour());
    }
    node.start(release, options);
  }

  void serve_at(std::uint64_t rate) {
    for (const auto& peer : peers) peer->serve_at(rate);
  }
  std::size_t here() const { return node.recorder.pieces().size(); }
  bool wait_more(std::size_t count) { return node.recorder.wait_pieces(here() + count, 10s); }
  bool wait_silence(Clock::duration time) const {
    return eventually(
        [&] { return Clock::now() - latest.with([](auto at) { return at; }) >= time; });
  }

  TempDir dir;
  const Release release = make_release(96 * kBlock, kBlock);
  std::vector<std::unique_ptr<ScriptedPeer>> peers;
  Guarded<Clock::time_point> latest{Clock::now()};
  Node node{dir / "node"};
};

// Retransmissions end an outage link by link: who comes back first shows that the others
// could be done without, but they are as innocent as it.
TEST_F(Outage, LinksThatComeBackOneByOneAreKept) {
  ASSERT_TRUE(wait_more(20));
  serve_at(0);
  ASSERT_TRUE(wait_silence(2500ms));  // longer than any link on its own may be silent
  for (const auto& peer : peers) {
    peer->serve_at(kRate);
    ASSERT_TRUE(wait_more(2));  // while what was asked is looked at
  }
  ASSERT_TRUE(node.recorder.wait_complete());
  EXPECT_EQ(read_file(node.file), release.data);
  for (const auto& peer : peers) EXPECT_EQ(peer->connections(), 1) << "never left";
}

// A pardon is for the silence before it: who doesn't come back is left while the others flow.
TEST_F(Outage, ALinkThatDoesNotComeBackIsLeft) {
  ASSERT_TRUE(wait_more(20));
  serve_at(0);
  ASSERT_TRUE(wait_silence(2500ms));
  peers[0]->serve_at(kRate);
  peers[1]->serve_at(kRate);
  ASSERT_TRUE(node.recorder.wait_complete());
  EXPECT_EQ(read_file(node.file), release.data);
  EXPECT_EQ(peers[0]->connections(), 1);
  EXPECT_EQ(peers[1]->connections(), 1);
  EXPECT_GE(peers[2]->connections(), 2) << "left, and dialled again";
}

}  // namespace
}  // namespace roost::swarm::test
