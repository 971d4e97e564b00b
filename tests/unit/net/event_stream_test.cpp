#include <future>
#include <mutex>
#include <vector>

#include "core/net/event_source.hpp"
#include "core/net/http_server.hpp"
#include "tests/unit/net/raw_client.hpp"

namespace roost::net {
namespace {

using std::chrono::milliseconds;

// Keeps every stream that a client opens.
class Streams {
 public:
  Reply operator()(const Request& request) {
    return StreamReply{[this, last = std::string(request.headers.get("Last-Event-ID"))](
                           std::shared_ptr<EventStream> stream) {
                         stream->send(format_sse({"0", "hello", last}));
                         stream->on_close([this] { ++closed; });
                         const std::lock_guard lock(mutex_);
                         streams_.push_back(std::move(stream));
                       },
                       {}};
  }

  std::vector<std::shared_ptr<EventStream>> all() {
    const std::lock_guard lock(mutex_);
    return streams_;
  }

  Handler handler() {
    return [this](const Request& request) { return (*this)(request); };
  }

  std::atomic<int> closed = 0;

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<EventStream>> streams_;
};

TEST(EventStream, CarriesEventsToTwoHundredClients) {
  Streams streams;
  TestServer server(streams.handler());
  std::vector<EventSource> sources(200);
  for (auto& source : sources) source.connect(server.url(), "", Deadline::in(kPatience));
  ASSERT_EQ(streams.all().size(), 200U);
  EXPECT_EQ(server->stats().streams, 200U);
  for (int round = 1; round <= 20; ++round) {
    const auto text = std::make_shared<const std::string>(
        format_sse({std::to_string(round), "release", std::string(10000, 'x')}));
    for (const auto& stream : streams.all()) EXPECT_TRUE(stream->send(text));
  }
  for (auto& source : sources) {
    EXPECT_EQ(source.next(Deadline::in(kPatience))->event, "hello");
    for (int round = 1; round <= 20; ++round) {
      const auto event = source.next(Deadline::in(kPatience));
      ASSERT_TRUE(event);
      ASSERT_EQ(event->id, std::to_string(round));
      ASSERT_EQ(event->data.size(), 10000U);
    }
  }
  sources.clear();
  EXPECT_TRUE(eventually([&] { return streams.closed == 200; }));
  EXPECT_EQ(server->stats().streams, 0U);
  for (const auto& stream : streams.all()) EXPECT_FALSE(stream->send("x"));
}

TEST(EventStream, IsSentFromSeveralThreadsWithoutLossOrMixing) {
  Streams streams;
  TestServer server(streams.handler());
  EventSource source;
  source.connect(server.url(), "", Deadline::in(kPatience));
  const auto stream = streams.all().at(0);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 500; ++i) stream->send(format_sse({"", "x", "payload"}));
      });
    }
  }
  stream->close();
  EXPECT_EQ(source.next(Deadline::in(kPatience))->event, "hello");
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(source.next(Deadline::in(kPatience))->data, "payload");
  EXPECT_THROW(source.next(Deadline::in(kPatience)), Error);
}

TEST(EventStream, DropsTheClientThatDoesNotReadAndOnlyIt) {
  HttpServerConfig config;
  config.stream_queue_bytes = 1 << 20;
  Streams streams;
  TestServer server(streams.handler(), config);
  RawClient stuck(server.where());
  stuck.send("GET / HTTP/1.1\r\n\r\n");
  stuck.read_until("\r\n\r\n");
  EventSource reading;
  reading.connect(server.url(), "", Deadline::in(kPatience));
  EXPECT_EQ(reading.next(Deadline::in(kPatience))->event, "hello");
  const auto text =
      std::make_shared<const std::string>(format_sse({"", "x", std::string(256 << 10, 'x')}));
  const auto all = streams.all();
  for (int i = 0; i < 100 && all[0]->is_open(); ++i) {
    all[0]->send(text);
    EXPECT_TRUE(all[1]->send(text));
    EXPECT_TRUE(reading.next(Deadline::in(kPatience)));
  }
  EXPECT_FALSE(all[0]->is_open());
  EXPECT_TRUE(all[1]->is_open());
  EXPECT_TRUE(eventually([&] { return streams.closed == 1; }));
  EXPECT_EQ(server->stats().dropped_streams, 1U);
}

TEST(EventStream, CarriesOneEventLargerThanTheQueue) {
  HttpServerConfig config;
  config.stream_queue_bytes = 1000;
  Streams streams;
  TestServer server(
      [](const Request&) -> Reply {
        return StreamReply{[](std::shared_ptr<EventStream> stream) {
                             stream->send(format_sse({"", "big", std::string(5 << 20, 'x')}));
                           },
                           {}};
      },
      config);
  EventSource source;
  source.connect(server.url(), "", Deadline::in(kPatience));
  EXPECT_EQ(source.next(Deadline::in(kPatience))->data.size(), std::size_t{5} << 20);
}

TEST(EventStream, KeepsIdleClientsAliveWithComments) {
  HttpServerConfig config;
  config.keep_alive = milliseconds(20);
  Streams streams;
  TestServer server(streams.handler(), config);
  RawClient client(server.where());
  client.send("GET / HTTP/1.0\r\n\r\n");
  for (int i = 0; i < 3; ++i) client.read_until(": keep-alive\n\n");
}

TEST(EventStream, EndsWhenTheClientDisappears) {
  Streams streams;
  TestServer server(streams.handler());
  {
    RawClient client(server.where());
    client.send("GET / HTTP/1.1\r\n\r\n");
    client.read_until("hello");
  }
  EXPECT_TRUE(eventually([&] { return streams.closed == 1; }));
  EXPECT_FALSE(streams.all().at(0)->is_open());
  std::promise<void> late;
  streams.all().at(0)->on_close([&] { late.set_value(); });
  EXPECT_EQ(late.get_future().wait_for(kPatience), std::future_status::ready);
}

TEST(EventStream, OutlivesTheServer) {
  Streams streams;
  {
    TestServer server(streams.handler());
    RawClient client(server.where());
    client.send("GET / HTTP/1.1\r\n\r\n");
    client.read_until("hello");
  }
  EXPECT_EQ(streams.closed, 1);
  EXPECT_FALSE(streams.all().at(0)->send("x"));
  streams.all().at(0)->close();
  streams.all().at(0)->on_close([] {});
}

TEST(EventStream, AnswersHeadWithItsHeadersOnly) {
  Streams streams;
  TestServer server(streams.handler());
  RawClient client(server.where());
  client.send("HEAD / HTTP/1.1\r\n\r\n");
  EXPECT_NE(client.read_to_end().find("text/event-stream"), std::string::npos);
  EXPECT_TRUE(streams.all().empty());
}

}  // namespace
}  // namespace roost::net
