#include "core/release/chunk_match.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "core/crypto/sha256.hpp"

namespace roost::release {
namespace {

constexpr std::uint32_t kRaw = 65536;

Sha256 digest_of(std::uint64_t value) {
  return crypto::sha256(as_bytes(std::to_string(value)));
}

// One large file whose chunks have these stored digests, each 100 bytes long.
Index index_of(const std::vector<Sha256>& stored) {
  IndexParts parts;
  for (std::uint32_t i = 0; i < stored.size(); ++i) {
    parts.chunks.push_back({kRaw, 100, digest_of(i), stored[i], 0});
    parts.segments.push_back({i, kRaw});
  }
  if (!stored.empty()) {
    parts.entries.push_back({RelPath::parse("f"), Kind::file, stored.size() * kRaw, 0, {}});
  }
  return Index(std::move(parts));
}

std::vector<Sha256> digests(const std::vector<std::uint64_t>& values) {
  std::vector<Sha256> all;
  for (const auto value : values) all.push_back(digest_of(value));
  return all;
}

TEST(ChunkMatch, TheFirstSourceThatHasAChunkGivesIt) {
  const auto wanted = index_of(digests({1, 2, 3, 4}));
  ChunkMatch match(wanted);
  match.add(0, index_of(digests({9, 3})));
  match.add(1, index_of(digests({3, 2, 8})));
  EXPECT_EQ(match.found(), 2U);
  EXPECT_FALSE(match.find(0));
  EXPECT_EQ(match.find(1)->source, 1U);
  EXPECT_EQ(match.find(1)->offset, 100U);
  EXPECT_EQ(match.find(2)->source, 0U);
  EXPECT_EQ(match.find(2)->offset, 100U);
  EXPECT_FALSE(match.find(3));
}

TEST(ChunkMatch, ChunksThatAreNotThereDoNotCount) {
  const auto wanted = index_of(digests({1, 2}));
  ChunkMatch match(wanted);
  match.add(0, index_of(digests({1, 2})), {false, true});
  EXPECT_FALSE(match.find(0));
  EXPECT_TRUE(match.find(1));
  match.add(1, index_of(digests({1})));
  EXPECT_TRUE(match.complete());
}

TEST(ChunkMatch, ChunksThatWereMadeCountOnce) {
  const auto wanted = index_of(digests({1, 2}));
  ChunkMatch match(wanted);
  match.add(0, index_of(digests({1})));
  match.put(0, {3, 50});
  match.put(1, {3, 60});
  match.put(1, {4, 70});
  EXPECT_EQ(match.find(0)->source, 0U);
  EXPECT_EQ(match.find(1)->source, 3U);
  EXPECT_EQ(match.find(1)->offset, 60U);
  EXPECT_EQ(match.found(), 2U);
}

TEST(ChunkMatch, DigestsThatBeginAlikeAreApart) {
  // Which begin alike in all but the last four bytes, and lie in another order.
  constexpr std::uint32_t kMany = 100'000;
  std::vector<Sha256> stored(kMany, digest_of(0));
  for (std::uint32_t i = 0; i < kMany; ++i) {
    for (unsigned byte = 0; byte < 4; ++byte) {
      stored[i].bytes[28 + byte] = static_cast<std::uint8_t>(i >> (8 * byte));
    }
  }
  const auto wanted = index_of(stored);
  std::vector<Sha256> every_second;
  for (std::uint32_t i = kMany; i-- > 0;) {
    if (i % 2 == 0) every_second.push_back(stored[i]);
  }
  ChunkMatch match(wanted);
  match.add(0, index_of(every_second));
  EXPECT_EQ(match.found(), kMany / 2);
  EXPECT_EQ(match.find(0)->offset, (kMany / 2 - 1) * 100U);
  EXPECT_FALSE(match.find(1));
  EXPECT_EQ(match.find(kMany - 2)->offset, 0U);
}

TEST(ChunkMatch, FindsExactlyWhatBothHave) {
  EXPECT_TRUE(rc::check([] {
    const auto some =
        rc::gen::unique<std::vector<std::uint64_t>>(rc::gen::inRange<std::uint64_t>(0, 60));
    const auto wanted = *some;
    const auto here = *some;
    const auto index = index_of(digests(wanted));
    ChunkMatch match(index);
    match.add(0, index_of(digests(here)));
    for (std::uint32_t i = 0; i < wanted.size(); ++i) {
      const auto at = std::find(here.begin(), here.end(), wanted[i]) - here.begin();
      const auto place = match.find(i);
      RC_ASSERT(place.has_value() == (at < std::ssize(here)));
      if (place) RC_ASSERT(place->offset == static_cast<std::uint64_t>(at) * 100);
    }
  }));
}

}  // namespace
}  // namespace roost::release
