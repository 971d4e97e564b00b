#include "bench/delta/spans.hpp"

#include <gmock/gmock.h>

#include <numeric>

namespace roost::bench {
namespace {

std::uint64_t sum(const std::vector<std::uint64_t>& lengths) {
  return std::accumulate(lengths.begin(), lengths.end(), std::uint64_t{0});
}

TEST(Spans, LengthsAddUpExactlyAndAreNoneOfThemShort) {
  Rng rng(1);
  for (std::uint64_t total = kLeastSpan; total < 3'000'000; total += 77'777) {
    const auto lengths = span_lengths(total, rng);
    EXPECT_EQ(sum(lengths), total);
    for (const auto length : lengths) {
      EXPECT_GE(length, kLeastSpan) << total;
      EXPECT_LE(length, kMostSpan) << total;
    }
  }
}

TEST(Spans, LieScatteredWithoutTouching) {
  Rng rng(2);
  const std::vector<std::uint64_t> lengths(20, kLeastSpan);
  for (const std::uint64_t space : {sum(lengths) + 20, 2 * sum(lengths), 40 * sum(lengths)}) {
    const auto spans = scatter(lengths, space, rng);
    ASSERT_EQ(spans.size(), lengths.size());
    for (std::size_t i = 0; i < spans.size(); ++i) {
      EXPECT_EQ(spans[i].length, lengths[i]);
      EXPECT_LE(spans[i].end(), space);
      if (i > 0) {
        EXPECT_GT(spans[i].offset, spans[i - 1].end());
      }
    }
  }
}

TEST(Spans, FollowFromTheGeneratorAlone) {
  const auto made = [](std::uint64_t seed) {
    Rng rng(seed);
    return scatter(span_lengths(2'000'000, rng), 40'000'000, rng);
  };
  EXPECT_EQ(made(3), made(3));
  EXPECT_NE(made(3), made(4));
}

}  // namespace
}  // namespace roost::bench
