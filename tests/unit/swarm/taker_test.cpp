// What becomes of a peer that sends nothing but takes: it may have no way up, and isn't starved.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "tests/unit/swarm/scripted_peer.hpp"

namespace roost::swarm::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kProbation = 30s;

Bitmap from(const Release& release, std::uint32_t first) {
  Bitmap have(release.pieces(), true);
  std::fill(have.begin(), have.begin() + first, false);
  return have;
}

SessionConfig capped() {
  SessionConfig config = Node::loopback();
  config.upload_limit = 256 << 10;
  return config;
}

std::unique_ptr<Node> start_with(const Release& release, const std::filesystem::path& path,
                                 Bitmap have, std::vector<Neighbour> neighbours) {
  auto node = std::make_unique<Node>(path, capped());
  write_file(node->file, release.data);
  TransferOptions options;
  options.have = std::move(have);
  options.neighbours = std::move(neighbours);
  node->start(release, options);
  return node;
}

// It alone has some pieces, so it can't be left alone with what all have, and it is asked
// again and again for what others have, too.
TEST(Taker, ThatIsSilentIsCutOffOnceAndThenServed) {
  const Release release = make_release(5 << 20, 64 << 10);
  const std::uint32_t half = release.pieces() / 2, only_its = 3;
  const TempDir dir;
  ScriptedPeer taker(release, 0);
  taker.lack_from(half);
  const auto other = start_with(release, dir / "other", from(release, only_its), {});
  const auto begin = Clock::now();
  const auto node = start_with(release, dir / "node", from(release, half),
                               {taker.as_neighbour(), other->as_neighbour()});
  EXPECT_TRUE(node->recorder.wait_pieces(half - only_its)) << "what others have";
  EXPECT_TRUE(eventually([&] { return taker.blocks().size() >= std::size_t{half} * 4; }, 60s));
  EXPECT_GE(taker.connections(), 2) << "it was silent";
  EXPECT_LE(taker.connections(), 2 + (Clock::now() - begin) / kProbation);
}

}  // namespace
}  // namespace roost::swarm::test
