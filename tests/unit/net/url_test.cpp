#include "core/net/url.hpp"

#include <gtest/gtest.h>

#include "core/base/error.hpp"

namespace roost::net {
namespace {

std::string refusal(std::string_view text) {
  try {
    return "accepted as " + Url::parse(text).str();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::usage);
    EXPECT_FALSE(error.help().empty());
    return error.what();
  }
}

TEST(Url, SplitsIntoParts) {
  const auto url = Url::parse("HTTP://Tracker.Example:8080/a/b?x=1&y=%20");
  EXPECT_EQ(url.host(), "tracker.example");
  EXPECT_EQ(url.port(), 8080);
  EXPECT_EQ(url.path(), "/a/b");
  EXPECT_EQ(url.query(), "x=1&y=%20");
  EXPECT_EQ(url.str(), "http://tracker.example:8080/a/b?x=1&y=%20");
}

TEST(Url, HasDefaults) {
  EXPECT_EQ(Url::parse("http://h").str(), "http://h:80/");
  EXPECT_EQ(Url::parse("http://h?a=b").target(), "/?a=b");
  EXPECT_EQ(Url::parse("http://[::1]:7070").authority(), "[::1]:7070");
  EXPECT_EQ(Url::parse("http://[::1]").host(), "::1");
}

TEST(Url, RefusesWhatIsNoPlainHttpUrl) {
  for (const auto* text : {"",
                           "http",
                           "http:",
                           "http://",
                           "http:///x",
                           "127.0.0.1:7070",
                           "ftp://h/",
                           "http://h:0",
                           "http://h:",
                           "http://h:65536",
                           "http://h:7070x",
                           "http://h:+7",
                           "http://u@h/",
                           "http://u:p@h/",
                           "http://h/#x",
                           "http://h/a b",
                           "http://h/\n",
                           "http://h/\x80",
                           "http://[::1",
                           "http://[::1]7",
                           "http://[1.2.3.4]/",
                           "http://[zz]/",
                           "http://::1/",
                           "http://1.2.3/",
                           "http://127.1/",
                           "http://1.2.3.256/",
                           "http://-h/",
                           "http://.h/",
                           "http://a..b/",
                           "http://h%41/",
                           "http://h\\x/"}) {
    EXPECT_EQ(refusal(text).rfind("parse URL '", 0), 0U) << text << ": " << refusal(text);
  }
}

TEST(Url, NamesTheTextAndTheScheme) {
  EXPECT_EQ(refusal("https://h/x"), "parse URL 'https://h/x': scheme https is not supported");
}

TEST(Url, PutsTargetsBehindItsPath) {
  EXPECT_EQ(Url::parse("http://h").with_target("/v1/x?a=1").str(), "http://h:80/v1/x?a=1");
  EXPECT_EQ(Url::parse("http://h/roost/").with_target("/v1").str(), "http://h:80/roost/v1");
  EXPECT_EQ(Url::parse("http://[::1]:7/p?q").with_target("/v1").str(), "http://[::1]:7/p/v1");
}

TEST(Url, KnowsLoopback) {
  for (const auto* text : {"http://localhost", "http://LOCALHOST:1", "http://127.0.0.1",
                           "http://127.9.9.9", "http://[::1]"}) {
    EXPECT_TRUE(Url::parse(text).is_loopback()) << text;
    EXPECT_NO_THROW(require_private_link(Url::parse(text), false)) << text;
  }
  for (const auto* text :
       {"http://10.0.0.1", "http://tracker", "http://localhost.example", "http://127.0.0.1.nip.io",
        "http://0.0.0.0", "http://[::2]", "http://[::ffff:127.0.0.1]"}) {
    EXPECT_FALSE(Url::parse(text).is_loopback()) << text;
  }
}

TEST(RequirePrivateLink, AsksForInsecureOutsideLoopback) {
  const auto url = Url::parse("http://tracker:7070");
  EXPECT_NO_THROW(require_private_link(url, true));
  try {
    require_private_link(url, false);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::usage);
    EXPECT_NE(error.help().find("ROOST_INSECURE=1"), std::string::npos);
  }
  EXPECT_NO_THROW(require_private_link(Endpoint{"127.0.0.1", 7070}, false));
  EXPECT_THROW(require_private_link(Endpoint{"0.0.0.0", 7070}, false), Error);
}

TEST(PercentCoding, RoundTripsEveryByte) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const auto coded = percent_encode(all);
  EXPECT_EQ(coded.find_first_of(" +&=/?#"), std::string::npos);
  EXPECT_EQ(percent_decode(coded), all);
}

TEST(PercentCoding, DecodesBothCasesAndKeepsPlus) {
  EXPECT_EQ(percent_decode("%aF%Af+x"), "\xAF\xAF+x");
}

TEST(PercentCoding, RefusesBrokenEscapes) {
  for (const auto* text : {"%", "%1", "%g1", "%1g", "abc%", "%%41"}) {
    EXPECT_THROW(percent_decode(text), Error) << text;
  }
}

TEST(QueryText, KeepsOrderRepetitionAndBytes) {
  const Query query = parse_query("info_hash=%00%FF&&numwant=50&info_hash=x&flag&empty=&=v&a=b=c");
  const Query expected = {{"info_hash", std::string("\x00\xFF", 2)},
                          {"numwant", "50"},
                          {"info_hash", "x"},
                          {"flag", ""},
                          {"empty", ""},
                          {"", "v"},
                          {"a", "b=c"}};
  EXPECT_EQ(query, expected);
  EXPECT_EQ(parse_query(build_query(query)), query);
}

}  // namespace
}  // namespace roost::net
