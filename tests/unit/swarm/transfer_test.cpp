// One origin and one fetcher on loopback: what a transfer promises.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "core/base/fd.hpp"
#include "tests/unit/swarm/swarm_fixture.hpp"

namespace roost::swarm::test {
namespace {

TEST(Transfer, FetchesFromOneNeighbourAndStartsAtOnce) {
  const TempDir dir;
  const Release release = make_release(4 << 20, 64 << 10);
  const auto origin = start_origin(dir, release);
  Node node(dir / "image");
  TransferOptions options;
  options.neighbours = {origin->as_neighbour(true)};
  const auto begin = std::chrono::steady_clock::now();
  node.start(release, options);
  ASSERT_TRUE(node.recorder.wait_complete());
  const std::chrono::duration<double, std::milli> first = node.recorder.first_piece - begin;
  const std::chrono::duration<double, std::milli> all = std::chrono::steady_clock::now() - begin;
  std::printf("first piece after %.1f ms, all after %.1f ms\n", first.count(), all.count());
  EXPECT_LT(first.count(), 500);  // libtorrent's own tick would make it a second
  EXPECT_EQ(read_file(node.file), release.data);
  EXPECT_EQ(node.recorder.pieces().size(), release.pieces());
  EXPECT_EQ(node.recorder.completions(), 1);
  const TransferStats stats = node.transfer->stats();
  EXPECT_EQ(stats.state, TransferState::complete);
  EXPECT_EQ(stats.bytes_origin, release.data.size());
  EXPECT_EQ(stats.bytes_peers, 0U);
  EXPECT_EQ(stats.pieces_have, release.pieces());
  EXPECT_EQ(stats.stall_reason, "");
  EXPECT_EQ(origin->transfer->stats().bytes_uploaded, release.data.size());
}

TEST(Transfer, PieceCanBeReadThroughAnotherDescriptorWhenItIsTold) {
  const TempDir dir;
  const Release release = make_release(3 << 20, 64 << 10);
  const auto origin = start_origin(dir, release);
  Node node(dir / "image");
  write_file(node.file, Bytes(release.data.size()));
  const UniqueFd fd(::open(node.file.c_str(), O_RDONLY | O_CLOEXEC));
  std::atomic<int> wrong{0};
  node.recorder.also_on_piece = [&](std::uint32_t index) {
    const BytesView expected = release.piece(index);
    Bytes read(expected.size());
    const auto offset = static_cast<off_t>(index) * release.piece_length;
    const auto got = ::pread(fd.get(), read.data(), read.size(), offset);
    if (got != static_cast<ssize_t>(read.size()) ||
        !std::equal(read.begin(), read.end(), expected.begin())) {
      ++wrong;
    }
  };
  TransferOptions options;
  options.neighbours = {origin->as_neighbour(true)};
  node.start(release, options);
  ASSERT_TRUE(node.recorder.wait_complete());
  EXPECT_EQ(node.recorder.pieces().size(), release.pieces());
  EXPECT_EQ(wrong, 0);
}

TEST(Transfer, TakesTheLastShortPieceAndHybridTorrents) {
  const TempDir dir;
  const Release release = make_release((1 << 20) + 777, 32 << 10, 7, true);
  const auto origin = start_origin(dir, release);
  Node node(dir / "image");
  TransferOptions options;
  options.neighbours = {origin->as_neighbour(true)};
  node.start(release, options);
  ASSERT_TRUE(node.recorder.wait_complete());
  EXPECT_EQ(read_file(node.file), release.data);
}

TEST(Transfer, TakesAReleaseOfOneSmallPiece) {
  const TempDir dir;
  const Release release = make_release(1000, 16 << 10);
  const auto origin = start_origin(dir, release);
  Node node(dir / "image");
  TransferOptions options;
  options.neighbours = {origin->as_neighbour(true)};
  node.start(release, options);
  ASSERT_TRUE(node.recorder.wait_complete());
  EXPECT_EQ(read_file(node.file), release.data);
}

TEST(Transfer, FetchesOnlyWhatIsMissing) {
  const TempDir dir;
  const Release release = make_release(2 << 20, 64 << 10);
  const auto origin = start_origin(dir, release);
  Node node(dir / "image");
  Bytes half = release.data;
  std::fill(half.begin() + (1 << 20), half.end(), std::uint8_t{0});
  // Of piece 20 the second and fourth block are there as well.
  for (const std::size_t block : {1, 3}) {
    const auto at = static_cast<std::ptrdiff_t>(20 * (64 << 10) + block * (16 << 10));
    std::copy_n(release.data.begin() + at, 16 << 10, half.begin() + at);
  }
  write_file(node.file, half);
  TransferOptions options;
  options.have = Bitmap(32, false);
  std::fill_n(options.have.begin(), 16, true);
  options.unfinished[20] = {false, true, false, true};
  options.neighbours = {origin->as_neighbour(true)};
  node.start(release, options);
  ASSERT_TRUE(node.recorder.wait_complete());
  EXPECT_EQ(read_file(node.file), release.data);
  EXPECT_EQ(node.recorder.pieces().size(), 16U) << "listed pieces are not told again";
  EXPECT_EQ(node.transfer->stats().bytes_origin, (1U << 20) - 2 * (16U << 10));
  EXPECT_EQ(node.transfer->have(), Bitmap(32, true));
}

TEST(Transfer, CompleteOneTellsSoOnceWithoutPieces) {
  const TempDir dir;
  const Release release = make_release(1 << 20, 64 << 10);
  const auto origin = start_origin(dir, release);
  ASSERT_TRUE(origin->recorder.wait_complete());
  EXPECT_TRUE(origin->recorder.pieces().empty());
  EXPECT_EQ(origin->transfer->stats().state, TransferState::complete);
  EXPECT_EQ(origin->transfer->distributed_copies(), 0);
}

TEST(Transfer, SaysWhyNothingArrives) {
  const TempDir dir;
  const Release release = make_release(1 << 20, 64 << 10);
  Node alone(dir / "alone");
  alone.start(release);
  EXPECT_EQ(alone.transfer->stats().stall_reason, "no peers known");
  Node other(dir / "other");
  TransferOptions options;
  options.neighbours = {alone.as_neighbour()};
  other.start(release, options);
  EXPECT_TRUE(eventually(
      [&] { return other.transfer->stats().stall_reason == "no peer has what is missing"; }));
  other.transfer->pause();
  EXPECT_EQ(other.transfer->stats().stall_reason, "paused");
  EXPECT_EQ(other.transfer->stats().state, TransferState::paused);
}

TEST(Transfer, PausesAndResumes) {
  const TempDir dir;
  const Release release = make_release(2 << 20, 32 << 10);
  const auto origin = start_origin(dir, release, 1 << 20);
  Node node(dir / "image");
  TransferOptions options;
  options.neighbours = {origin->as_neighbour(true)};
  node.start(release, options);
  ASSERT_TRUE(node.recorder.wait_pieces(1));
  node.transfer->pause();
  EXPECT_TRUE(eventually([&] { return origin->transfer->stats().peers == 0; }));
  node.transfer->resume();
  ASSERT_TRUE(node.recorder.wait_complete());
  EXPECT_EQ(read_file(node.file), release.data);
}

TEST(Transfer, LateNeighbourIsDialledAtOnce) {
  const TempDir dir;
  const Release release = make_release(1 << 20, 64 << 10);
  const auto origin = start_origin(dir, release);
  Node node(dir / "image");
  node.start(release);
  const auto begin = std::chrono::steady_clock::now();
  node.transfer->connect(origin->as_neighbour(true));
  ASSERT_TRUE(node.recorder.wait_pieces(1));
  const std::chrono::duration<double, std::milli> first = node.recorder.first_piece - begin;
  std::printf("first piece %.1f ms after connect()\n", first.count());
  EXPECT_LT(first.count(), 500);
}

TEST(Transfer, IsSilentOnceDestroyed) {
  const TempDir dir;
  const Release release = make_release(4 << 20, 16 << 10);
  const auto origin = start_origin(dir, release);
  Node node(dir / "image");
  std::atomic<bool> gone{false};
  std::atomic<int> late{0};
  node.recorder.also_on_piece = [&](std::uint32_t) { late += gone ? 1 : 0; };
  TransferOptions options;
  options.neighbours = {origin->as_neighbour(true)};
  node.start(release, options);
  ASSERT_TRUE(node.recorder.wait_pieces(3));
  node.transfer.reset();
  gone = true;
  const auto told = node.recorder.pieces().size();
  EXPECT_TRUE(std::filesystem::exists(node.file));
  const Bytes before = read_file(node.file);
  EXPECT_TRUE(eventually([&] { return origin->transfer->stats().peers == 0; }));
  EXPECT_EQ(node.recorder.pieces().size(), told);
  EXPECT_EQ(late, 0);
  EXPECT_EQ(read_file(node.file), before);
  node.start(release, options);  // the same torrent may come back
  ASSERT_TRUE(node.recorder.wait_complete());
}

TEST(Transfer, NamesItsPeers) {
  const TempDir dir;
  const Release release = make_release(1 << 20, 64 << 10);
  SessionConfig config = Node::loopback();
  config.node = "rack1-host7";
  const auto origin = start_origin(dir, release);
  Node node(dir / "image", config);
  TransferOptions options;
  options.neighbours = {origin->as_neighbour(true)};
  node.start(release, options);
  ASSERT_TRUE(node.recorder.wait_complete());
  ASSERT_EQ(node.transfer->peers().size(), 1U);
  const PeerInfo seen = node.transfer->peers().front();
  EXPECT_EQ(seen.endpoint, origin->session->local_endpoint());
  EXPECT_TRUE(seen.connected && seen.origin && seen.reveals);
  EXPECT_EQ(seen.pieces, release.pieces());
  EXPECT_EQ(seen.bytes_from, release.data.size());
  ASSERT_EQ(origin->transfer->peers().size(), 1U);
  const PeerInfo fetcher = origin->transfer->peers().front();
  EXPECT_EQ(fetcher.endpoint, node.session->local_endpoint()) << "not its ephemeral port";
  EXPECT_EQ(fetcher.node, "rack1-host7");
  EXPECT_EQ(fetcher.bytes_to, release.data.size());
  EXPECT_EQ(fetcher.client.rfind("roost/", 0), 0U);
}

}  // namespace
}  // namespace roost::swarm::test
