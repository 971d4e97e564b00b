// Transfers of which only some pieces are wanted: what comes, what is asked for, what others see.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "tests/support/errors.hpp"
#include "tests/unit/swarm/scripted_peer.hpp"
#include "tests/unit/swarm/swarm_fixture.hpp"

namespace roost::swarm::test {
namespace {

constexpr std::uint32_t kPiece = 64 << 10;

Bitmap only(const Release& release, const std::set<std::uint32_t>& pieces) {
  Bitmap out(release.pieces(), false);
  for (const auto piece : pieces) out[piece] = true;
  return out;
}

// 40 pieces, the last one short.
struct Wanted : testing::Test {
  TransferOptions options(const std::vector<Neighbour>& neighbours) const {
    TransferOptions out;
    out.wanted = only(release, wanted);
    out.neighbours = neighbours;
    return out;
  }

  void expect_just_the_wanted(const Node& node) const {
    const auto told = node.recorder.pieces();
    EXPECT_EQ(std::set<std::uint32_t>(told.begin(), told.end()), wanted);
    EXPECT_EQ(told.size(), wanted.size());
    EXPECT_EQ(node.recorder.completions(), 1);
    EXPECT_EQ(node.transfer->have(), only(release, wanted));
    const Bytes file = read_file(node.file);
    for (std::uint32_t piece = 0; piece < release.pieces(); ++piece) {
      const auto expected = release.piece(piece);
      const std::size_t at = std::size_t{piece} * kPiece;
      const bool holds = file.size() >= at + expected.size() &&
                         std::equal(expected.begin(), expected.end(),
                                    file.begin() + static_cast<std::ptrdiff_t>(at));
      EXPECT_EQ(holds, wanted.contains(piece)) << piece;
    }
    const TransferStats stats = node.transfer->stats();
    EXPECT_EQ(stats.state, TransferState::complete);
    EXPECT_EQ(stats.stall_reason, "");
    EXPECT_EQ(stats.pieces_have, wanted.size());
  }

  const TempDir dir;
  const Release release = make_release(39 * kPiece + 777, kPiece);
  const std::set<std::uint32_t> wanted{2, 3, 17, 30, 39};
  const std::size_t wanted_bytes = 4 * kPiece + (16 << 10);  // the last block comes padded
};

TEST_F(Wanted, PiecesAloneComeFromAnOriginThatReveals) {
  const auto origin = start_origin(dir, release);
  Node node(dir / "image");
  node.start(release, options({origin->as_neighbour(true)}));
  ASSERT_TRUE(node.recorder.wait_complete());
  expect_just_the_wanted(node);
  EXPECT_EQ(node.transfer->stats().bytes_origin, wanted_bytes);
  EXPECT_EQ(origin->transfer->stats().bytes_uploaded, wanted_bytes);
}

TEST_F(Wanted, PiecesAloneComeFromSeveralPeers) {
  const auto one = start_origin(dir, release, 2 << 20, false);
  const auto two = start_origin(dir, release, 2 << 20, false);
  Node node(dir / "image");
  node.start(release, options({one->as_neighbour(), two->as_neighbour()}));
  ASSERT_TRUE(node.recorder.wait_complete());
  expect_just_the_wanted(node);
}

// What is late is asked of others, and idle links are offered it.
TEST_F(Wanted, PiecesAloneAreAskedForWhereAPeerIsSilent) {
  const ScriptedPeer silent(release, 0);
  const auto slow = start_origin(dir, release, 64 << 10, false);
  Node node(dir / "image");
  node.start(release, options({silent.as_neighbour()}));
  ASSERT_TRUE(eventually([&] { return !silent.requests().empty(); }));
  node.transfer->connect(slow->as_neighbour());
  ASSERT_TRUE(node.recorder.wait_complete());
  expect_just_the_wanted(node);
  for (const auto& request : silent.requests()) {
    EXPECT_TRUE(wanted.contains(request.piece)) << request.piece;
  }
}

TEST_F(Wanted, PiecesThatAreHereAlreadyCompleteItAtOnce) {
  Node node(dir / "image");
  write_file(node.file, release.data);
  auto what = options({});
  what.have = what.wanted;
  what.have[0] = true;  // and one that nobody asks for
  node.start(release, what);
  ASSERT_TRUE(node.recorder.wait_complete());
  EXPECT_TRUE(node.recorder.pieces().empty());
  EXPECT_EQ(node.transfer->stats().state, TransferState::complete);
}

TEST_F(Wanted, PiecesThatNobodyHasAreWhatIsMissing) {
  Node other(dir / "other");
  write_file(other.file, release.data);
  TransferOptions all_but;
  all_but.have = only(release, wanted);
  all_but.have.flip();
  other.start(release, all_but);
  Node node(dir / "image");
  node.start(release, options({other.as_neighbour()}));
  EXPECT_TRUE(eventually(
      [&] { return node.transfer->stats().stall_reason == "no peer has what is missing"; }));
  EXPECT_EQ(node.recorder.completions(), 0);
  EXPECT_TRUE(node.recorder.pieces().empty());
}

// It would wait for what it showed to one that takes nothing of it.
TEST_F(Wanted, PiecesAreNotWhatAnOriginRevealsToOthers) {
  const auto origin = start_origin(dir, release, 4 << 20);
  Node chooser(dir / "chooser"), other(dir / "other");
  chooser.start(release, options({origin->as_neighbour(true)}));
  ASSERT_TRUE(chooser.recorder.wait_complete());
  ASSERT_EQ(origin->transfer->peers().size(), 1U);
  EXPECT_FALSE(origin->transfer->peers().front().reveals);
  TransferOptions everything;
  everything.neighbours = {origin->as_neighbour(true), chooser.as_neighbour()};
  other.start(release, everything);
  ASSERT_TRUE(other.recorder.wait_complete());
  EXPECT_EQ(read_file(other.file), release.data);
  expect_just_the_wanted(chooser);
}

TEST_F(Wanted, PiecesAreAllThatItShowsToOthers) {
  const auto origin = start_origin(dir, release);
  Node chooser(dir / "chooser"), other(dir / "other");
  chooser.start(release, options({}));
  TransferOptions everything;
  everything.neighbours = {chooser.as_neighbour()};
  other.start(release, everything);
  ASSERT_TRUE(eventually([&] { return other.transfer->stats().peers == 1; }));
  chooser.transfer->connect(origin->as_neighbour(true));
  ASSERT_TRUE(chooser.recorder.wait_complete());
  ASSERT_TRUE(other.recorder.wait_pieces(wanted.size()));
  EXPECT_EQ(other.transfer->peers().front().pieces, wanted.size());
  EXPECT_EQ(other.transfer->have(), only(release, wanted));
}

TEST_F(Wanted, PiecesAreAsManyBitsAsTheTorrentHas) {
  Node node(dir / "image");
  auto what = options({});
  what.wanted.pop_back();
  EXPECT_EQ(roost::test::code_of([&] { node.start(release, what); }), Errc::usage);
}

}  // namespace
}  // namespace roost::swarm::test
