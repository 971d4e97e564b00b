// Whatever sources hold and however they fail, fill_image claims nothing that is not so.
#include "tests/unit/release/fill_scenario.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace roost::release {
namespace {

TEST(FillScenario, NoSourceMakesAWrongByteCount) {
  EXPECT_TRUE(rc::check([] {
    const auto choices =
        *rc::gen::resize(400, rc::gen::container<Bytes>(rc::gen::arbitrary<std::uint8_t>()));
    RC_ASSERT(test::FillScenario(choices).broken() == "");
  }));
}

// Counts what is read of a source whose every piece is rotten.
class RottenDisk : public Fs {
 public:
  std::size_t read(int, std::span<std::uint8_t> out, std::uint64_t) override {
    std::ranges::fill(out, std::uint8_t{7});
    read_ += out.size();
    return out.size();
  }
  void write(int, BytesView, std::uint64_t) override { ADD_FAILURE() << "nothing is right here"; }
  std::uint64_t bytes_read() const { return read_; }

 private:
  std::atomic<std::uint64_t> read_ = 0;
};

TEST(FillScenario, RottenChunkOfManyPiecesIsReadOnceForAll) {
  constexpr std::uint32_t kLength = 2U << 20;
  constexpr std::uint32_t kPieces = kLength / crypto::kBlockSize / 2;
  const auto digest = crypto::sha256(as_bytes("other bytes"));
  IndexParts parts;
  parts.entries.push_back({RelPath::parse("f"), Kind::file, kLength, 0, {}});
  parts.chunks.push_back({kLength, kLength, digest, digest, 0});
  parts.segments.push_back({0, kLength});
  const Index index(std::move(parts));
  ChunkMatch match(index);
  match.add(0, index);
  RottenDisk disk;
  const std::vector<Sha256> layer(kPieces);
  const FilePart part{kLength, {}, 2 * crypto::kBlockSize};
  const auto filled = fill_image(disk, {index, part, layer, 3, {}}, match, {0}, {});
  EXPECT_EQ(std::ranges::count(filled.have, true), 0);
  EXPECT_TRUE(filled.unfinished.empty());
  // Piece by piece, and then whole by each thread.
  EXPECT_LE(disk.bytes_read(), 5U * kLength) << "not once for each of its " << kPieces << " pieces";
}

}  // namespace
}  // namespace roost::release
