#include "core/base/endpoint.hpp"

#include <gtest/gtest.h>

#include "core/base/error.hpp"

namespace roost {
namespace {

using namespace std::string_literals;

TEST(Endpoint, ReadsWhatItWrites) {
  for (const char* text : {"127.0.0.1:7070", "0.0.0.0:0", "[::1]:0", "[2001:db8::7]:65535"}) {
    EXPECT_EQ(Endpoint::parse(text).str(), text);
  }
}

TEST(Endpoint, HasOneSpellingForEachAddress) {
  EXPECT_EQ(Endpoint::parse("[0:0:0::1]:1"), Endpoint::parse("[::1]:1"));
  EXPECT_EQ(Endpoint::parse("[2001:DB8:0::7]:1").address, "2001:db8::7");
  EXPECT_TRUE(Endpoint::parse("[0::0]:1").is_any());
}

TEST(Endpoint, RefusesNamesAndMalformedText) {
  const std::string bad[] = {""s,
                             ":"s,
                             ":80"s,
                             "localhost:80"s,
                             "127.0.0.1"s,
                             "127.0.0.1:"s,
                             "127.0.0.1:65536"s,
                             "127.0.0.1:-1"s,
                             "127.0.0.1:+1"s,
                             "127.0.0.1:80x"s,
                             "127.0.0.1 :80"s,
                             "127.1:80"s,
                             "256.0.0.1:80"s,
                             "01.2.3.4:80"s,
                             "::1:80"s,
                             "[::1]"s,
                             "[::1:80"s,
                             "[]:80"s,
                             "[127.0.0.1]:80"s,
                             "[fe80::1%eth0]:80"s,
                             "127.0.0.1\0x:80"s};
  for (const auto& text : bad) EXPECT_THROW(Endpoint::parse(text), Error) << text;
}

TEST(Endpoint, KnowsLoopbackAndAny) {
  EXPECT_TRUE(Endpoint::parse("127.9.9.9:1").is_loopback());
  EXPECT_TRUE(Endpoint::parse("[::1]:1").is_loopback());
  EXPECT_FALSE(Endpoint::parse("10.0.0.1:1").is_loopback());
  EXPECT_TRUE(Endpoint::parse("0.0.0.0:1").is_any());
  EXPECT_FALSE(Endpoint::parse("127.0.0.1:1").is_any());
}

}  // namespace
}  // namespace roost
