// Who pays for a liar: it alone, also where others stand behind the same address.
#include <gtest/gtest.h>

#include <memory>

#include "tests/unit/swarm/swarm_fixture.hpp"

namespace roost::swarm::test {
namespace {

std::unique_ptr<Node> start_seed(const TempDir& dir, const std::string& name,
                                 const Release& release, BytesView data) {
  SessionConfig config = Node::loopback();
  config.upload_limit = 2 << 20;
  auto seed = std::make_unique<Node>(dir / name, config);
  write_file(seed->file, data);
  TransferOptions options;
  options.complete = true;
  seed->start(release, options);
  return seed;
}

// A byte of every so many pieces is wrong.
Bytes spoiled(const Release& release, std::uint32_t every) {
  Bytes lies = release.data;
  for (std::uint32_t piece = 0; piece < release.pieces(); piece += every) {
    lies[std::size_t{piece} * release.piece_length] ^= 1;
  }
  return lies;
}

// The first that a node knew of that address is as honest as the others.
TEST(Liars, AreBannedWithoutThoseBehindTheSameAddress) {
  const Release release = make_release(12 << 20, 64 << 10);
  for (const std::uint32_t every : {1U, 4U}) {
    const TempDir dir;
    std::vector<std::unique_ptr<Node>> honest;
    TransferOptions options;
    for (const char* name : {"a", "b", "c"}) {
      honest.push_back(start_seed(dir, name, release, release.data));
      options.neighbours.push_back(honest.back()->as_neighbour());
    }
    const auto liar = start_seed(dir, "liar", release, spoiled(release, every));
    options.neighbours.push_back(liar->as_neighbour());
    Node node(dir / "node");
    node.start(release, options);
    ASSERT_TRUE(node.recorder.wait_complete());
    EXPECT_EQ(read_file(node.file), release.data);
    ASSERT_TRUE(node.recorder.wait_problem(ProblemKind::corrupt_peer));
    for (const auto& problem : node.recorder.problems()) {
      const std::string what = problem.error.what();
      EXPECT_NE(what.find(liar->session->local_endpoint().str()), std::string::npos) << what;
    }
    const auto peers = node.transfer->peers();
    EXPECT_EQ(peers.size(), honest.size());
    for (const auto& peer : peers) EXPECT_NE(peer.endpoint, liar->session->local_endpoint());
  }
}

}  // namespace
}  // namespace roost::swarm::test
