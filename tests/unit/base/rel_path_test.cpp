#include "core/base/rel_path.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/base/error.hpp"

namespace roost {
namespace {

using namespace std::string_literals;

TEST(Utf8, AcceptsWhatRfc3629Allows) {
  for (const auto& text : {""s, "plain"s, "\x7F"s, "\0"s, "\xC2\x80"s, "\xDF\xBF"s, "\xE0\xA0\x80"s,
                           "\xED\x9F\xBF"s, "\xEE\x80\x80"s, "\xEF\xBF\xBF"s, "\xF0\x90\x80\x80"s,
                           "\xF4\x8F\xBF\xBF"s, "gr\xC3\xBC\xC3\x9F"s}) {
    EXPECT_TRUE(is_utf8(text));
  }
}

TEST(Utf8, RefusesEverythingElse) {
  const std::string bad[] = {
      "\x80",  // a continuation alone
      "\xBF",
      "\xC0\x80",  // overlong NUL
      "\xC1\xBF",
      "\xC2",  // cut short
      "\xC2\x20",
      "\xE0\x9F\xBF",  // overlong
      "\xE1\x80",
      "\xED\xA0\x80",  // surrogates
      "\xED\xBF\xBF",
      "\xF0\x8F\xBF\xBF",  // overlong
      "\xF1\x80\x80",
      "\xF4\x90\x80\x80",  // beyond U+10FFFF
      "\xF5\x80\x80\x80",
      "\xFE",
      "\xFF",
      "caf\xE9",  // Latin-1
      "a\xC2",
  };
  for (const auto& text : bad) EXPECT_FALSE(is_utf8(text));
}

// Any scalar value, encoded the long way round.
std::string encode(std::uint32_t code) {
  const auto tail = [&](unsigned shift) {
    return static_cast<char>(0x80U | ((code >> shift) & 0x3FU));
  };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xC0U | code >> 6), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xE0U | code >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0U | code >> 18), tail(12), tail(6), tail(0)};
}

TEST(Utf8, KnowsEveryCodePoint) {
  for (std::uint32_t code = 0; code < 0x120000; ++code) {
    const bool scalar = code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    ASSERT_EQ(is_utf8(encode(code)), scalar) << std::hex << code;
  }
}

TEST(RelPath, RefusesWhatLeadsElsewhere) {
  const std::string bad[] = {""s,
                             "/"s,
                             "/etc"s,
                             "."s,
                             ".."s,
                             "a/.."s,
                             "../a"s,
                             "a/../b"s,
                             "a//b"s,
                             "a/"s,
                             "./a"s,
                             "a/./b"s,
                             "a/."s,
                             "a\0b"s,
                             "caf\xE9"s,
                             std::string(256, 'x'),
                             "a/" + std::string(256, 'x')};
  for (const auto& text : bad) {
    EXPECT_TRUE(RelPath::why_not(text)) << text;
    EXPECT_THROW(RelPath::parse(text), Error) << text;
  }
}

TEST(RelPath, AcceptsEveryNameThatLinuxAllows) {
  for (const auto& text : {"a"s, "..."s, ".a"s, "a/..b"s, "a b"s, "-"s, "a\nb"s, "\\"s, "*?"s,
                           "\x01"s, "\xF0\x9F\x90\xA6/nest"s, std::string(255, 'x')}) {
    EXPECT_EQ(RelPath::parse(text).str(), text);
  }
}

TEST(RelPath, IsAtMost4095BytesLong) {
  std::string text;
  while (text.size() < 4095) text += "abcd/";
  text.resize(4095);
  text.back() = 'x';
  EXPECT_NO_THROW(RelPath::parse(text));
  EXPECT_THROW(RelPath::parse(text + "x"), Error);
}

TEST(RelPath, KnowsItsParentAndName) {
  const auto deep = RelPath::parse("a/b/c");
  EXPECT_EQ(deep.parent(), "a/b");
  EXPECT_EQ(deep.name(), "c");
  const auto top = RelPath::parse("top");
  EXPECT_EQ(top.parent(), "");
  EXPECT_EQ(top.name(), "top");
}

// Whatever passes has only components that name an entry below.
RC_GTEST_PROP(RelPath, NeverLeavesTheTree, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::element('.', '/', 'a', '\0', '\xC3'));
  if (RelPath::why_not(text)) {
    RC_ASSERT_THROWS_AS(RelPath::parse(text), Error);
    return;
  }
  const std::string framed = "/" + text + "/";
  for (const auto& part : {"//"s, "/./"s, "/../"s, "\0"s, "\xC3"s}) {
    RC_ASSERT(framed.find(part) == std::string::npos);
  }
}

RC_GTEST_PROP(RelPath, OfArbitraryBytesIsRefusedOrKeptAsItIs, (const std::string& text)) {
  if (RelPath::why_not(text)) return;
  RC_ASSERT(RelPath::parse(text).str() == text);
}

}  // namespace
}  // namespace roost
