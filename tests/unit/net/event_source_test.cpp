#include "core/net/event_source.hpp"

#include "core/net/http_server.hpp"
#include "tests/unit/net/fake_server.hpp"

namespace roost::net {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kStream =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n";

Deadline soon() {
  return Deadline::in(kPatience);
}

// Says text to each client, and hangs up if told to.
FakeServer speaker(std::string text, bool hang_up) {
  return FakeServer([text = std::move(text), hang_up](UniqueFd& client, int) {
    FakeServer::read_request(client);
    FakeServer::say(client, text);
    if (hang_up) client.reset();
  });
}

TEST(EventSource, SendsTheLastIdAndReportsTheEnd) {
  TestServer server([](const Request& request) -> Reply {
    return StreamReply{[last = std::string(request.headers.get("Last-Event-ID"))](
                           std::shared_ptr<EventStream> stream) {
                         stream->send("retry: 70\n\n");
                         stream->send(format_sse({"e-8", "release", last}));
                         stream->close();
                       },
                       {}};
  });
  EventSource source;
  source.connect(server.url("/v1/events?follow=a/b"), "e-7", soon());
  EXPECT_EQ(source.last_id(), "e-7");
  EXPECT_EQ(source.next(soon()), (SseEvent{"e-8", "release", "e-7"}));
  EXPECT_EQ(source.last_id(), "e-8");
  EXPECT_EQ(source.retry(), milliseconds(70));
  EXPECT_TRUE(source.connected());
  const auto error = error_of([&] { source.next(soon()); });
  EXPECT_EQ(error.code(), Errc::unavailable);
  EXPECT_NE(std::string(error.what()).find("/v1/events?follow=a/b"), std::string::npos);
  EXPECT_FALSE(source.connected());
  EXPECT_EQ(source.last_id(), "e-8");
  EXPECT_EQ(error_of([&] { source.next(soon()); }).code(), Errc::unavailable);
}

TEST(EventSource, ReturnsNothingAtTheDeadlineAndGoesOn) {
  std::shared_ptr<EventStream> kept;
  TestServer server([&](const Request&) -> Reply {
    return StreamReply{[&](std::shared_ptr<EventStream> stream) { kept = std::move(stream); }, {}};
  });
  EventSource source;
  source.connect(server.url(), "", soon());
  EXPECT_EQ(source.next(Deadline::in(milliseconds(10))), std::nullopt);
  EXPECT_EQ(source.next(Deadline::in(milliseconds(0))), std::nullopt);
  kept->send(format_sse({"", "x", "late"}));
  EXPECT_EQ(source.next(soon())->data, "late");
}

TEST(EventSource, CountsCommentsAsASignOfLife) {
  HttpServerConfig config;
  config.keep_alive = milliseconds(20);
  TestServer server([](const Request&) -> Reply { return StreamReply{[](auto) {}, {}}; }, config);
  EventSourceOptions options;
  options.silence_limit = milliseconds(2000);
  EventSource source(options);
  source.connect(server.url(), "", soon());
  const auto first = source.last_heard();
  EXPECT_TRUE(eventually([&] {
    EXPECT_EQ(source.next(Deadline::in(milliseconds(20))), std::nullopt);
    return source.last_heard() > first;
  }));
}

TEST(EventSource, TakesASilentServerForDead) {
  auto server = speaker(std::string(kStream), false);
  EventSourceOptions options;
  options.silence_limit = milliseconds(30);
  EventSource source(options);
  source.connect(server.url(), "", soon());
  const auto error = error_of([&] { source.next(soon()); });
  EXPECT_EQ(error.code(), Errc::unavailable);
  EXPECT_NE(std::string(error.what()).find("silent"), std::string::npos);
}

TEST(EventSource, StopsWhileItWaits) {
  auto server = speaker(std::string(kStream), false);
  EventSource source;
  source.connect(server.url(), "", soon());
  EXPECT_LT(time_to_stop([&](auto stop) { source.next(soon(), stop); }), milliseconds(50));
  EXPECT_TRUE(source.connected());
}

TEST(EventSource, ReadsChunkedStreams) {
  auto server = speaker(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
      "7\r\ndata: a\r\n6\r\n\n\ndata\r\n5\r\n: b\n\n\r\n0\r\n\r\n",
      false);
  EventSource source;
  source.connect(server.url(), "", soon());
  EXPECT_EQ(source.next(soon())->data, "a");
  EXPECT_EQ(source.next(soon())->data, "b");
  EXPECT_EQ(error_of([&] { source.next(soon()); }).code(), Errc::unavailable);
}

TEST(EventSource, TurnsRefusalsIntoErrors) {
  TestServer server([](const Request&) -> Reply { throw Error(Errc::not_found, "no channel"); });
  EventSource source;
  const auto error = error_of([&] { source.connect(server.url(), "", soon()); });
  EXPECT_EQ(error.code(), Errc::not_found);
  EXPECT_NE(std::string(error.what()).find("no channel"), std::string::npos);
  EventSourceOptions options;
  options.to_error = [](const HttpResponse& response) {
    return Error(Errc::conflict, std::to_string(response.status));
  };
  EventSource own(options);
  EXPECT_EQ(error_of([&] { own.connect(server.url(), "", soon()); }).code(), Errc::conflict);
}

TEST(EventSource, RefusesWhatIsNoEventStream) {
  TestServer server(echo);
  EventSource source;
  EXPECT_EQ(error_of([&] { source.connect(server.url(), "", soon()); }).code(), Errc::integrity);
}

TEST(EventSource, BoundsAnEvent) {
  auto server = speaker(std::string(kStream) + "data: " + std::string(5000, 'x'), false);
  EventSourceOptions options;
  options.max_event = 1000;
  EventSource source(options);
  const auto error = error_of([&] {
    source.connect(server.url(), "", soon());
    source.next(soon());
  });
  EXPECT_EQ(error.code(), Errc::integrity);
}

TEST(EventSource, DiscardsAnEventThatWasCutOff) {
  auto server = speaker(std::string(kStream) + "data: half", true);
  EventSource source;
  source.connect(server.url(), "", soon());
  EXPECT_EQ(error_of([&] { source.next(soon()); }).code(), Errc::unavailable);
}

}  // namespace
}  // namespace roost::net
