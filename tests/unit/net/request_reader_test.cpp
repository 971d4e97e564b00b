#include "core/net/request_reader.hpp"

#include <gtest/gtest.h>

namespace roost::net {
namespace {

constexpr RequestReader::Limits kLimits{65536, 1000};

Request read(const std::string& text) {
  RequestReader reader(kLimits);
  EXPECT_EQ(reader.feed(text), text.size());
  EXPECT_TRUE(reader.is_done());
  return reader.take();
}

int refusal(const std::string& text) {
  RequestReader reader(kLimits);
  try {
    std::size_t used = 0;
    for (std::size_t before = 1; before != used && !reader.is_done();) {
      before = used;
      used += reader.feed(std::string_view(text).substr(used));
    }
    if (reader.is_done()) reader.take();
    return 0;
  } catch (const Refused& refused) {
    return refused.status();
  }
}

TEST(RequestReader, GivesTargetPathAndBinaryQuery) {
  const auto request = read(
      "GET /v1/releases/web%40x/a%2Fb?h=%00%FF&h=2&plain HTTP/1.1\r\nHost: t\r\nX-A: 1\r\n\r\n");
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/v1/releases/web%40x/a%2Fb?h=%00%FF&h=2&plain");
  EXPECT_EQ(request.path, "/v1/releases/web%40x/a%2Fb");
  EXPECT_EQ(request.segments, (std::vector<std::string>{"v1", "releases", "web@x", "a/b"}));
  EXPECT_EQ(request.query_value("h"), std::string_view("\x00\xFF", 2));
  EXPECT_EQ(request.query_value("none"), std::nullopt);
  EXPECT_EQ(request.headers.get("x-a"), "1");
}

TEST(RequestReader, AcceptsAbsoluteTargets) {
  EXPECT_EQ(read("GET http://t:7070/a?b=1 HTTP/1.1\r\n\r\n").path, "/a");
  EXPECT_EQ(read("GET http://t HTTP/1.1\r\n\r\n").path, "/");
}

TEST(RequestReader, LeavesThePipelinedRequestAlone) {
  const std::string first = "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
  RequestReader reader(kLimits);
  EXPECT_EQ(reader.feed(first + "GET /b HTTP/1.1\r\n\r\n"), first.size());
  EXPECT_EQ(reader.take().body, "abc");
}

TEST(RequestReader, ReadsChunkedBodies) {
  EXPECT_EQ(read("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
                .body,
            "abcde");
}

TEST(RequestReader, TakesBytesOneByOne) {
  const std::string chunked = "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::pair<std::string, std::string> cases[] = {
      {"POST /a?b=c HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", "abc"},
      {chunked + "2;x=y\r\nab\r\n1\r\nc\r\n0\r\nTrailer: x\r\n\r\n", "abc"},
      {chunked + "0\r\n\r\n", ""}};
  for (const auto& [text, body] : cases) {
    RequestReader reader(kLimits);
    std::string pending;
    for (const char c : text) {
      EXPECT_FALSE(reader.is_done());
      pending += c;
      pending.erase(0, reader.feed(pending));
    }
    ASSERT_TRUE(reader.is_done()) << text;
    EXPECT_EQ(reader.take().body, body);
  }
}

TEST(RequestReader, SaysWhyItRefuses) {
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n\r\n"), 0);
  for (const std::string text :
       {"\x16\x03\x01\x02\x01\x01\xFC\x03\x03\r\n\r\n", "GET\r\n\r\n", "GET / FTP/1.1\r\n\r\n",
        "GET / HTTP/3.1\r\n\r\n", "GET / HTTP/1.1\r\nbad header\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        "GET /%zz HTTP/1.1\r\n\r\n", "GET /?a=%1 HTTP/1.1\r\n\r\n", "GET a HTTP/1.1\r\n\r\n"}) {
    EXPECT_EQ(refusal(text), 400) << text;
  }
  EXPECT_EQ(refusal("GET /" + std::string(70000, 'a') + " HTTP/1.1\r\n\r\n"), 431);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n"), 413);
  // With bytes of the body behind the header, too.
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\nx"), 413);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                    std::string(1001, 'x') + "\r\n0\r\n\r\n"),
            413);
  EXPECT_EQ(
      refusal("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(100000, 'x')),
      400);
}

}  // namespace
}  // namespace roost::net
