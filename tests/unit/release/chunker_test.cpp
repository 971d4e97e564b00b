#include "core/release/chunker.hpp"

#include <gtest/gtest.h>

#include <set>

#include "core/crypto/sha256.hpp"
#include "core/release/format.hpp"
#include "tests/support/trees.hpp"

namespace roost::release {
namespace {

constexpr auto kSizes = ChunkSizes::around(32 * 1024);

std::vector<std::string> chunks_of(std::string_view text) {
  std::vector<std::string> chunks;
  while (!text.empty()) {
    const std::size_t length = next_cut(as_bytes(text), kSizes);
    chunks.emplace_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return chunks;
}

TEST(Chunker, KeepsToItsBounds) {
  const auto chunks = chunks_of(roost::test::random_bytes(4 << 20, 1));
  for (std::size_t i = 0; i + 1 < chunks.size(); ++i) {
    EXPECT_GE(chunks[i].size(), kSizes.min);
    EXPECT_LE(chunks[i].size(), kSizes.max);
  }
  const std::size_t mean = (4 << 20) / chunks.size();
  EXPECT_GT(mean, kSizes.average * 3 / 4);
  EXPECT_LT(mean, kSizes.average * 5 / 4);
}

TEST(Chunker, MovesOnlyTheCutsBesideAnInsertion) {
  const std::string text = roost::test::random_bytes(4 << 20, 2);
  const auto before = chunks_of(text);
  std::string longer = text;
  longer.insert(1 << 20, "an insertion");
  const auto after = chunks_of(longer);
  const std::set<std::string> known(before.begin(), before.end());
  const auto fresh = std::count_if(after.begin(), after.end(),
                                   [&](const auto& chunk) { return !known.contains(chunk); });
  EXPECT_LE(fresh, 4);
}

TEST(Chunker, DoesNotDependOnWhatFollows) {
  const std::string text = roost::test::random_bytes(1 << 20, 3);
  EXPECT_EQ(next_cut(as_bytes(text), kSizes),
            next_cut(as_bytes(std::string_view(text).substr(0, kSizes.max)), kSizes));
}

TEST(Chunker, CutsWhatNeverVariesAtTheLongest) {
  EXPECT_EQ(next_cut(as_bytes(std::string(1 << 20, 'a')), kSizes), kSizes.max);
  EXPECT_EQ(next_cut(as_bytes("short"), kSizes), 5U);
}

TEST(Chunker, AverageGrowsWithTheTree) {
  EXPECT_EQ(average_chunk(0), 32U << 10);
  EXPECT_EQ(average_chunk(8ULL << 30), 32U << 10);
  EXPECT_EQ(average_chunk((8ULL << 30) + 1), 64U << 10);
  EXPECT_EQ(average_chunk(200ULL << 30), 1U << 20);
  EXPECT_EQ(average_chunk(1ULL << 50), 2U << 20);
  EXPECT_LE(ChunkSizes::around(average_small_chunk(1ULL << 50)).max, 16U << 20);
}

}  // namespace
}  // namespace roost::release
