#include "core/release/image_map.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <numeric>

#include "core/crypto/sha256.hpp"
#include "tests/unit/release/packing.hpp"

namespace roost::release {
namespace {

// One large file of chunks with these stored lengths.
Index index_of(const std::vector<std::uint32_t>& stored) {
  IndexParts parts;
  std::uint64_t size = 0;
  for (std::uint32_t i = 0; i < stored.size(); ++i) {
    const Sha256 digest = crypto::sha256(as_bytes(std::to_string(i)));
    parts.chunks.push_back({stored[i] + 65536, stored[i], digest, digest, 0});
    parts.segments.push_back({i, stored[i] + 65536});
    size += stored[i] + 65536;
  }
  if (size > 0) parts.entries.push_back({RelPath::parse("f"), Kind::file, size, 0, {}});
  return Index(std::move(parts));
}

TEST(ImageMap, FindsTheChunksThatAPieceCompletes) {
  ImageMap map(index_of({10, 20, 30, 5}),
               16);  // pieces 0..4; chunks [0,10) [10,30) [30,60) [60,65)
  EXPECT_EQ(map.pieces(), 5U);
  EXPECT_EQ(map.add(0), (std::vector<std::uint32_t>{0}));
  EXPECT_EQ(map.add(0), std::vector<std::uint32_t>{});
  EXPECT_EQ(map.add(3), std::vector<std::uint32_t>{});
  EXPECT_EQ(map.add(2), std::vector<std::uint32_t>{});
  EXPECT_EQ(map.add(1), (std::vector<std::uint32_t>{1, 2}));
  EXPECT_FALSE(map.has_chunk(3));
  EXPECT_EQ(map.add(4), (std::vector<std::uint32_t>{3}));
  EXPECT_EQ(map.whole_chunks(), 4U);
  EXPECT_EQ(map.pieces_of(1).first, 0U);
  EXPECT_EQ(map.pieces_of(1).end, 2U);
}

TEST(ImageMap, OfAnEmptyImageHasNoPieces) {
  EXPECT_EQ(ImageMap(index_of({}), 16384).pieces(), 0U);
}

TEST(ImageMap, AgreesWithCountingBytes) {
  EXPECT_TRUE(rc::check([] {
    const auto stored = *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange(1U, 50U));
    const auto piece = *rc::gen::inRange(1U, 40U);
    const Index index = index_of(stored);
    ImageMap map(index, piece);
    std::vector<std::uint32_t> order(map.pieces());
    std::iota(order.begin(), order.end(), 0U);
    std::rotate(
        order.begin(),
        order.begin() +
            (order.empty() ? 0 : *rc::gen::inRange<long>(0, static_cast<long>(order.size()))),
        order.end());
    std::vector<bool> byte(index.image_bytes());
    std::vector<bool> whole(stored.size());
    for (const auto p : order) {
      for (const auto chunk : map.add(p)) {
        RC_ASSERT(!whole[chunk]);
        whole[chunk] = true;
      }
      for (std::uint64_t i = std::uint64_t{p} * piece;
           i < std::min<std::uint64_t>(byte.size(), (std::uint64_t{p} + 1) * piece); ++i)
        byte[i] = true;
      for (std::uint32_t c = 0; c < stored.size(); ++c) {
        bool all = true;
        for (std::uint64_t i = 0; i < stored[c]; ++i)
          all = all && byte[index.chunks()[c].offset + i];
        RC_ASSERT(all == whole[c]);
        RC_ASSERT(map.has_chunk(c) == all);
      }
    }
  }));
}

}  // namespace
}  // namespace roost::release
