#include "core/release/image_fill.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "tests/support/trees.hpp"
#include "tests/unit/release/packing.hpp"

namespace roost::release {
namespace {

using roost::test::read_file;
using roost::test::TempDir;
using roost::test::write_file;

constexpr std::uint32_t kPiece = 64 * 1024;  // four blocks

// A tree as it was and as it is: of a large file some runs differ, and its beginning is longer.
struct Update {
  Update() {
    const auto before = roost::test::random_bytes(3 << 20, 1);
    auto after = roost::test::random_bytes(100'000, 2) + before;
    for (const std::size_t at : {700'000, 1'500'000, 2'600'000}) {
      after.replace(at, 70'000, roost::test::random_bytes(70'000, at));
    }
    write_file(dir / "old/large", before);
    write_file(dir / "new/large", after);
    for (const auto* side : {"old", "new"}) write_file(dir / side / "text", "the same in both");
    old_tree = test::pack(dir / "old");
    new_tree = test::pack(dir / "new");
    image = new_tree->image_bytes;
    part = {image.size(), {}, kPiece};
    for (std::size_t at = 0; at < image.size(); at += kPiece) {
      layer.push_back(crypto::piece_hash(as_bytes(image).subspan(at, piece_size(at)), kPiece));
    }
    write_file(dir / "source", old_tree->image_bytes);
    write_file(dir / "target", std::string(image.size(), '\0'));
  }

  std::size_t piece_size(std::size_t at) const {
    return std::min<std::size_t>(kPiece, image.size() - at);
  }

  Filled fill(std::vector<bool> have = {}) const {
    const UniqueFd source(::open((dir / "source").c_str(), O_RDONLY | O_CLOEXEC));
    const UniqueFd target(::open((dir / "target").c_str(), O_WRONLY | O_CLOEXEC));
    ChunkMatch match(new_tree->packed.index);
    match.add(0, old_tree->packed.index);
    return fill_image(real_fs(), {new_tree->packed.index, part, layer, target.get(), have}, match,
                      {source.get()}, {});
  }

  // What was said to be there is there, and nothing else was written.
  void expect_right(const Filled& filled) const {
    const auto written = read_file(dir / "target");
    ASSERT_EQ(filled.have.size(), layer.size());
    std::uint64_t bytes = 0;
    for (std::size_t at = 0; at < image.size(); at += crypto::kBlockSize) {
      const auto piece = static_cast<std::uint32_t>(at / kPiece);
      const auto blocks = filled.unfinished.find(piece);
      const bool there =
          filled.have[piece] || (blocks != filled.unfinished.end() &&
                                 blocks->second.at(at % kPiece / crypto::kBlockSize));
      const auto size = std::min<std::size_t>(crypto::kBlockSize, image.size() - at);
      if (there) bytes += size;
      EXPECT_EQ(written.substr(at, size), there ? image.substr(at, size) : std::string(size, '\0'))
          << "at " << at;
    }
    EXPECT_EQ(std::accumulate(filled.from.begin(), filled.from.end(), std::uint64_t{0}), bytes);
  }

  TempDir dir;
  std::unique_ptr<test::PackedTree> old_tree, new_tree;
  std::string image;
  FilePart part;
  std::vector<Sha256> layer;
};

std::ptrdiff_t pieces(const Filled& filled) {
  return std::count(filled.have.begin(), filled.have.end(), true);
}

TEST(ImageFill, TakesWhatTheOldImageHasByPieceAndByBlock) {
  const Update update;
  const auto filled = update.fill();
  update.expect_right(filled);
  EXPECT_GT(pieces(filled), std::ssize(filled.have) / 2);
  EXPECT_LT(pieces(filled), std::ssize(filled.have));
  EXPECT_FALSE(filled.unfinished.empty());
  std::uint64_t missing = update.image.size() - filled.from.at(0);
  EXPECT_LT(missing, 800'000U) << "310,000 bytes differ, and some around each change";
}

TEST(ImageFill, LeavesPiecesAloneThatAreThere) {
  const Update update;
  std::vector<bool> have(update.layer.size(), false);
  const auto before = update.fill();
  const auto first = std::find(before.have.begin(), before.have.end(), true) - before.have.begin();
  write_file(update.dir / "target", std::string(update.image.size(), '\0'));
  have[static_cast<std::size_t>(first)] = true;
  const auto filled = update.fill(have);
  EXPECT_EQ(filled.have, before.have);
  EXPECT_EQ(filled.from[0], before.from[0] - kPiece);
  EXPECT_EQ(
      read_file(update.dir / "target").substr(static_cast<std::size_t>(first) * kPiece, kPiece),
      std::string(kPiece, '\0'));
}

TEST(ImageFill, RottenSourceCostsItsChunksAndNoMore) {
  const Update update;
  const auto whole = update.fill();
  auto rotten = update.old_tree->image_bytes;
  for (std::size_t at = 0; at < rotten.size(); at += 1'000'000) rotten[at] ^= 1;
  write_file(update.dir / "source", rotten);
  write_file(update.dir / "target", std::string(update.image.size(), '\0'));
  const auto filled = update.fill();
  update.expect_right(filled);
  EXPECT_LT(pieces(filled), pieces(whole));
  EXPECT_GT(pieces(filled), pieces(whole) / 2);
}

TEST(ImageFill, ShorterSourceIsUsedAsFarAsItGoes) {
  const Update update;
  write_file(update.dir / "source", update.old_tree->image_bytes.substr(0, 1 << 20));
  const auto filled = update.fill();
  update.expect_right(filled);
  EXPECT_GT(pieces(filled), 0);
}

TEST(ImageFill, IndexThatContradictsTheTorrentGetsNothing) {
  Update update;
  for (auto& hash : update.layer) hash.bytes[0] ^= 1;
  const auto filled = update.fill();
  EXPECT_EQ(pieces(filled), 0);
  for (const auto& [piece, blocks] : filled.unfinished) {
    EXPECT_LT(std::count(blocks.begin(), blocks.end(), true), std::ssize(blocks));
  }
}

TEST(ImageFill, StopsWhenAsked) {
  const Update update;
  std::stop_source stop;
  stop.request_stop();
  ChunkMatch match(update.new_tree->packed.index);
  match.add(0, update.old_tree->packed.index);
  EXPECT_EQ(test::thrown([&] {
              fill_image(real_fs(),
                         {update.new_tree->packed.index, update.part, update.layer, -1, {}}, match,
                         {-1}, stop.get_token());
            }),
            "interrupted: fill image: interrupted");
}

}  // namespace
}  // namespace roost::release
