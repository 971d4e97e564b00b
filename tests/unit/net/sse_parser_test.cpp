#include "core/net/sse_parser.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "core/base/error.hpp"

namespace roost::net {
namespace {

using Events = std::vector<SseEvent>;

Events parse(std::string_view text, std::size_t step) {
  SseParser parser;
  Events out;
  for (std::size_t at = 0; at < text.size(); at += step) {
    parser.feed(text.substr(at, step));
    while (auto event = parser.next()) out.push_back(std::move(*event));
  }
  return out;
}

TEST(SseParser, ReadsFieldsWhereverTheInputIsCut) {
  const std::string text =
      "\xEF\xBB\xBF: keep-alive\n\nevent: release\nid: 7-1\ndata: {\"a\":1}\n\n"
      "data:one\r\ndata: two\r\ndata\r\n\r\n"
      "id: 7-2\revent:x\rdata:  spaced\r\r"
      "unknown: field\ndata: last\n\n"
      "data: never ended\n";
  const Events expected = {{"7-1", "release", "{\"a\":1}"},
                           {"7-1", "message", "one\ntwo\n"},
                           {"7-2", "x", " spaced"},
                           {"7-2", "message", "last"}};
  for (std::size_t step = 1; step <= text.size(); ++step) {
    ASSERT_EQ(parse(text, step), expected) << "in portions of " << step;
  }
}

TEST(SseParser, SkipsEventsWithoutDataButKeepsTheirId) {
  SseParser parser;
  parser.feed("event: nothing\nid: 9\n\ndata: x\n\n");
  EXPECT_EQ(parser.next(), (SseEvent{"9", "message", "x"}));
  EXPECT_EQ(parser.next(), std::nullopt);
  EXPECT_EQ(parser.last_id(), "9");
}

TEST(SseParser, ResetsTheIdOnAnEmptyOneAndIgnoresNul) {
  SseParser parser;
  parser.feed("id: 1\ndata: a\n\nid\ndata: b\n\n");
  parser.feed(std::string_view("id: x\0y\ndata: c\n\n", 17));
  EXPECT_EQ(parser.next()->id, "1");
  EXPECT_EQ(parser.next()->id, "");
  EXPECT_EQ(parser.next()->id, "");
}

TEST(SseParser, ReadsRetryOfDigitsOnly) {
  SseParser parser;
  EXPECT_EQ(parser.retry(), std::nullopt);
  parser.feed("retry: 250\nretry: 1s\nretry: -4\n");
  EXPECT_EQ(parser.retry(), std::chrono::milliseconds(250));
}

TEST(SseParser, BoundsOneEventButNotTheStream) {
  SseParser parser(100);
  for (int i = 0; i < 100; ++i) parser.feed("data: " + std::string(80, 'x') + "\n\n");
  EXPECT_THROW(parser.feed("data: " + std::string(200, 'x')), Error);
  SseParser lines(100);
  EXPECT_THROW(
      {
        for (int i = 0; i < 1000; ++i) lines.feed("data\n");
      },
      Error);
}

TEST(FormatSse, IsReadBackAsWritten) {
  for (const auto& event : Events{{"7-1", "release", "{}"},
                                  {"", "message", "one\ntwo\n\nfour\n"},
                                  {"x", "y", " leading space: and colon"}}) {
    EXPECT_EQ(parse(format_sse(event), 3), Events{event});
  }
  EXPECT_EQ(parse(format_sse({"", "", "a\r\nb\rc"}), 100), (Events{{"", "message", "a\nb\nc"}}));
}

}  // namespace
}  // namespace roost::net
