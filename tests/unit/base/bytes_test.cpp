#include "core/base/bytes.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>

#include "core/base/digest.hpp"
#include "core/base/error.hpp"

namespace roost {
namespace {

TEST(Hex, IsLowerCase) {
  EXPECT_EQ(to_hex(Bytes{0x00, 0xAB, 0xFF}), "00abff");
  EXPECT_EQ(to_hex({}), "");
}

TEST(Hex, RefusesOtherDigitsAndLengths) {
  std::array<std::uint8_t, 2> out{};
  EXPECT_TRUE(from_hex("00ff", out));
  for (const char* text : {"00FF", "00f", "00ff0", "0 ff", "00fg", ""}) {
    EXPECT_FALSE(from_hex(text, out)) << text;
  }
}

RC_GTEST_PROP(Hex, RoundTrips, (const Bytes& bytes)) {
  Bytes back(bytes.size());
  RC_ASSERT(from_hex(to_hex(bytes), back));
  RC_ASSERT(back == bytes);
}

TEST(Sha256, ParsesItsOwnText) {
  Sha256 digest;
  digest.bytes[0] = 0x12;
  digest.bytes[31] = 0xEF;
  EXPECT_EQ(digest.hex(), "12" + std::string(60, '0') + "ef");
  EXPECT_EQ(Sha256::parse(digest.hex()), digest);
}

TEST(Sha256, RefusesAnyOtherText) {
  const std::string good(64, 'a');
  EXPECT_NO_THROW(Sha256::parse(good));
  for (const auto& text :
       {good.substr(1), good + "a", std::string(64, 'A'), std::string(64, 'g'), std::string()}) {
    EXPECT_THROW(Sha256::parse(text), Error) << text;
  }
}

}  // namespace
}  // namespace roost
