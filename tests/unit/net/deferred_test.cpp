#include <future>

#include "core/net/event_source.hpp"
#include "core/net/http_client.hpp"
#include "core/net/http_server.hpp"
#include "tests/unit/net/raw_client.hpp"

namespace roost::net {
namespace {

// Hands the Responder of each request to the test.
class Waiting {
 public:
  explicit Waiting(std::optional<Response> on_drain = {}) : on_drain_(std::move(on_drain)) {}

  Handler handler() {
    return [this](const Request& request) -> Reply {
      if (request.path != "/wait") return echo(request);
      return DeferredReply{[this](Responder responder) {
                             responder.on_close([this] { ++gone; });
                             asked_.set_value(std::move(responder));
                           },
                           on_drain_};
    };
  }

  Responder responder() { return asked_.get_future().get(); }

  std::atomic<int> gone = 0;

 private:
  std::optional<Response> on_drain_;
  std::promise<Responder> asked_;
};

constexpr std::string_view kWait = "GET /wait HTTP/1.1\r\n\r\n";

TEST(DeferredReply, IsAnsweredFromAnotherThread) {
  Waiting waiting;
  TestServer server(waiting.handler());
  RawClient client(server.where());
  client.send(std::string(kWait) + "GET /next HTTP/1.1\r\n\r\n");  // pipelined behind it
  const auto responder = waiting.responder();
  EXPECT_TRUE(responder.is_open());
  responder.respond(text_response("late"));
  responder.respond(text_response("ignored"));
  EXPECT_FALSE(responder.is_open());
  client.read_until("\r\n\r\nlate");
  client.read_until("\r\n\r\nGET /next\n");
  EXPECT_EQ(waiting.gone, 0);
}

TEST(DeferredReply, ToleratesAClientThatLeft) {
  Waiting waiting;
  TestServer server(waiting.handler());
  RawClient client(server.where());
  client.send(kWait);
  const auto responder = waiting.responder();
  EXPECT_TRUE(responder.is_open());
  client.close();
  EXPECT_TRUE(eventually([&] { return waiting.gone == 1; }));
  EXPECT_FALSE(responder.is_open());
  responder.respond(text_response("nobody listens"));
  EXPECT_EQ(HttpClient(server.url()).get("/x", Deadline::in(kPatience)).status, 200);
}

TEST(DeferredReply, BecomesA500WhenNobodyAnswers) {
  TestServer server([](const Request&) -> Reply { return DeferredReply{[](Responder) {}, {}}; });
  HttpClient client(server.url());
  EXPECT_EQ(client.get("/", Deadline::in(kPatience)).status, 500);
}

TEST(DeferredReply, MayFailAsAHandlerMay) {
  TestServer server([](const Request&) -> Reply {
    return DeferredReply{[](const Responder&) { throw Error(Errc::not_found, "no such"); }, {}};
  });
  HttpClient client(server.url());
  EXPECT_EQ(client.get("/", Deadline::in(kPatience)).status, 404);
}

TEST(DeferredReply, OutlivesTheServer) {
  std::optional<Responder> responder;
  Waiting waiting;
  {
    TestServer server(waiting.handler());
    RawClient client(server.where());
    client.send(kWait);
    responder = waiting.responder();
  }
  EXPECT_FALSE(responder->is_open());
  EXPECT_EQ(waiting.gone, 1);
  responder->respond(text_response("nobody listens"));
}

TEST(Drain, LetsAnAnswerInFlightFinish) {
  Waiting waiting;
  TestServer server(waiting.handler());
  RawClient client(server.where());
  client.send(kWait);
  const auto responder = waiting.responder();
  auto drained =
      std::async(std::launch::async, [&] { return server->drain(Deadline::in(kPatience)); });
  EXPECT_TRUE(eventually([&] { return !connect_to(tcp_socket(), server.where()); }));
  responder.respond(text_response("finished"));
  EXPECT_TRUE(drained.get());
  EXPECT_NE(client.read_to_end().find("finished"), std::string::npos);
}

TEST(Drain, CutsOffAtTheDeadline) {
  Waiting waiting;
  TestServer server(waiting.handler());
  RawClient client(server.where());
  client.send(kWait);
  const auto responder = waiting.responder();
  EXPECT_FALSE(server->drain(Deadline::in(std::chrono::milliseconds(20))));
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(Drain, AnswersLongPollsWithWhatTheyNamed) {
  Waiting waiting(text_response("come back", 503));
  TestServer server(waiting.handler());
  RawClient client(server.where());
  client.send(kWait);
  const auto responder = waiting.responder();
  EXPECT_TRUE(server->drain(Deadline::in(kPatience)));
  EXPECT_NE(client.read_to_end().find("come back"), std::string::npos);
}

TEST(Drain, ClosesIdleConnectionsAndSendsWhatStreamsHaveQueued) {
  TestServer server([](const Request& request) -> Reply {
    if (request.path == "/idle") return text_response("");
    return StreamReply{[](std::shared_ptr<EventStream> stream) {
                         stream->send(format_sse({"1", "x", std::string(3 << 20, 'x')}));
                       },
                       {}};
  });
  HttpClient idle(server.url());
  idle.get("/idle", Deadline::in(kPatience));
  EventSource source;
  source.connect(server.url(), "", Deadline::in(kPatience));
  auto drained =
      std::async(std::launch::async, [&] { return server->drain(Deadline::in(kPatience)); });
  EXPECT_EQ(source.next(Deadline::in(kPatience))->data.size(), std::size_t{3} << 20);
  EXPECT_THROW(source.next(Deadline::in(kPatience)), Error);
  EXPECT_TRUE(drained.get());
  EXPECT_THROW(idle.get("/idle", Deadline::in(kPatience)), Error);
}

TEST(Drain, IsCleanWhenThereIsNothingToDo) {
  TestServer server(echo);
  EXPECT_TRUE(server->drain(Deadline::in(kPatience)));
  HttpServer never_started({}, echo);
  EXPECT_TRUE(never_started.drain(Deadline::in(kPatience)));
}

}  // namespace
}  // namespace roost::net
