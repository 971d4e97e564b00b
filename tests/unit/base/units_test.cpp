#include "core/base/units.hpp"

#include <gtest/gtest.h>

#include "core/base/error.hpp"

namespace roost {
namespace {

using namespace std::chrono_literals;

TEST(Units, ReadDurations) {
  EXPECT_EQ(parse_duration("90"), 90s);
  EXPECT_EQ(parse_duration("90s"), 90s);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("10m"), 10min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("2 d"), 48h);
}

TEST(Units, ReadSizesAndRates) {
  EXPECT_EQ(parse_size("1"), 1U);
  EXPECT_EQ(parse_size("64MiB"), 64U << 20);
  EXPECT_EQ(parse_size("10 KB"), 10'000U);
  EXPECT_EQ(parse_size("1G"), 1U << 30);
  EXPECT_EQ(parse_rate("50Mbit"), 6'250'000U);
  EXPECT_EQ(parse_rate("50Mbit/s"), 6'250'000U);
  EXPECT_EQ(parse_rate("6MiB"), 6U << 20);
  EXPECT_EQ(parse_rate("0"), 0U);
}

TEST(Units, RefuseEverythingElse) {
  for (const char* text : {"", "s", "-1s", "1x", "nan", "inf", "1s ", " 1s", "0x10", "1e300",
                           "1e14d", "9999999999999999999"}) {
    EXPECT_THROW(parse_duration(text), Error) << text;
  }
  for (const char* text : {"", "MiB", "-1", "1 MiBit", "1e14TiB", "nan"}) {
    EXPECT_THROW(parse_size(text), Error) << text;
  }
  EXPECT_THROW(parse_rate("1Mbyte"), Error);
}

TEST(Units, WriteWhatPeopleRead) {
  EXPECT_EQ(format_size(1023), "1023 B");
  EXPECT_EQ(format_size(1536), "1.5 KiB");
  EXPECT_EQ(format_size(3ULL << 40), "3.0 TiB");
  EXPECT_EQ(format_duration(340ms), "340 ms");
  EXPECT_EQ(format_duration(12300ms), "12.3 s");
  EXPECT_EQ(format_duration(250s), "4 min 10 s");
}

}  // namespace
}  // namespace roost
