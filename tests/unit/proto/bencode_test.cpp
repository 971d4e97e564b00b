#include "core/proto/bencode.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/base/error.hpp"

namespace roost::proto {
namespace {

using testing::HasSubstr;

std::string refusal(std::string_view text) {
  try {
    bdecode(as_bytes(text));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::integrity);
    return error.what();
  }
  return "accepted";
}

TEST(Bencode, ReadsEachKind) {
  constexpr std::string_view kText = "d3:bari-7e3:fool4:spami0eee";
  const auto value = bdecode(as_bytes(kText));
  EXPECT_EQ(value.at("bar").integer(), -7);
  ASSERT_EQ(value.at("foo").list().size(), 2U);
  EXPECT_EQ(value.at("foo").list()[0].string(), "spam");
  EXPECT_EQ(as_text(value.at("foo").encoded()), "l4:spami0ee");
  EXPECT_EQ(as_text(value.encoded()), kText);
  EXPECT_EQ(value.find("baz"), nullptr);
}

TEST(Bencode, ReadsTheWholeRangeOfIntegers) {
  EXPECT_EQ(bdecode(as_bytes("i9223372036854775807e")).integer(), INT64_MAX);
  EXPECT_EQ(bdecode(as_bytes("i-9223372036854775808e")).integer(), INT64_MIN);
  EXPECT_THAT(refusal("i9223372036854775808e"), HasSubstr("malformed number"));
}

TEST(Bencode, RefusesAnythingButTheCanonicalForm) {
  for (const char* text : {"",
                           "i",
                           "ie",
                           "i-e",
                           "i-0e",
                           "i03e",
                           "i+3e",
                           "i 3e",
                           "i3",
                           "3:ab",
                           "03:abc",
                           "-1:a",
                           ":",
                           "3",
                           "x",
                           "l",
                           "li1e",
                           "d",
                           "d1:a",
                           "d1:ae",
                           "di1ei2ee",
                           "d1:bi1e1:ai2ee",
                           "d1:ai1e1:ai2ee",
                           "i1ei2e",
                           "i1e ",
                           "99999999999999999999:",
                           "18446744073709551615:a"}) {
    EXPECT_NE(refusal(text), "accepted") << text;
  }
}

TEST(Bencode, BoundsDepthAndCount) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, 'l') + std::string(depth, 'e');
  };
  EXPECT_EQ(refusal(nested(kMaxBencodeDepth + 1)), "accepted");
  EXPECT_THAT(refusal(nested(kMaxBencodeDepth + 2)), HasSubstr("nested deeper"));
  EXPECT_THAT(refusal(std::string(1'000'000, 'l')), HasSubstr("nested deeper"));
  std::string many = "l";
  for (std::size_t i = 0; i < kMaxBencodeValues; ++i) many += "0:";
  EXPECT_THAT(refusal(many + "e"), HasSubstr("more than 100,000"));
  EXPECT_THAT(refusal(std::string(kMaxBencode + 1, 'l')), HasSubstr("16 MiB"));
}

TEST(Bencode, NamesTheMissingKeyPrintably) {
  const auto value = bdecode(as_bytes("de"));
  try {
    value.at("in\x1b");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "decode bencoding: no key 'in?'");
  }
}

TEST(Bencode, RefusesTheWrongKind) {
  const auto value = bdecode(as_bytes("i1e"));
  EXPECT_THROW(value.string(), Error);
  EXPECT_THROW(value.list(), Error);
  EXPECT_THROW(value.find("a"), Error);
  EXPECT_THROW(bdecode(as_bytes("0:")).integer(), Error);
}

TEST(BWriter, WritesWhatTheDecoderReads) {
  BWriter writer;
  writer.dict().key("").integer(1).key("a").list().string("x").integer(-2).end().end();
  const auto text = writer.take();
  EXPECT_EQ(text, "d0:i1e1:al1:xi-2eee");
  EXPECT_EQ(bencode(bdecode(as_bytes(text))), text);
}

RC_GTEST_PROP(Bencode, HasOneEncodingForEachValue, ()) {
  const auto text =
      *rc::gen::container<std::string>(rc::gen::elementOf(std::string("iled0123456789:-:::eeee")));
  try {
    RC_ASSERT(bencode(bdecode(as_bytes(text))) == text);
  } catch (const Error&) {
    RC_SUCCEED("refused");
  }
}

}  // namespace
}  // namespace roost::proto
