// One origin and one fetcher on loopback: what a transfer promises.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

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

}  // namespace
}  // namespace roost::swarm::test
