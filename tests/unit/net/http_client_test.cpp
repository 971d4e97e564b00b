#include "core/net/http_client.hpp"

#include "core/net/http_server.hpp"
#include "tests/unit/net/fake_server.hpp"

namespace roost::net {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

Deadline soon() {
  return Deadline::in(kPatience);
}

TEST(HttpClient, KeepsOneConnection) {
  TestServer server(echo);
  HttpClient client(server.url());
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(client.post("/p?q=1", "body", soon()).body, "POST /p\nq=1\nbody");
    EXPECT_EQ(
        client
            .request(
                {.method = "HEAD", .target = "/", .body = {}, .content_type = {}, .headers = {}},
                soon())
            .body,
        "");
  }
  EXPECT_EQ(server->stats().accepted, 1U);
}

TEST(HttpClient, SendsWhatItWasGiven) {
  TestServer server([](const Request& request) {
    return text_response(std::string(request.headers.get("Host")) + " " +
                         std::string(request.headers.get("X-Common")) + " " +
                         std::string(request.headers.get("X-Own")) + " " + request.target);
  });
  HttpClientOptions options;
  options.headers = {{"X-Common", "a"}};
  HttpClient client(server.url("/base/"), options);
  HttpRequest request;
  request.target = "/t?x=%00";
  request.headers = {{"X-Own", "b"}};
  EXPECT_EQ(client.request(request, soon()).body, server.where().str() + " a b /base/t?x=%00");
}

TEST(HttpClient, ReturnsEveryStatusAsAnAnswer) {
  TestServer server([](const Request&) { return text_response("gone", 404); });
  const auto response = HttpClient(server.url()).get("/", soon());
  EXPECT_EQ(response.status, 404);
  EXPECT_FALSE(response.ok());
}

TEST(HttpClient, CarriesLargeBodiesBothWays) {
  TestServer server([](const Request& request) { return text_response(request.body); });
  std::string large(30 << 20, 'x');
  large.front() = 'a';
  EXPECT_EQ(HttpClient(server.url()).post("/", large, soon()).body, large);
}

TEST(HttpClient, ReadsChunkedAndUnboundedBodies) {
  FakeServer server([](UniqueFd& client, int number) {
    FakeServer::read_request(client);
    FakeServer::say(client, number == 0 ? "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"
                                          "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
                                        : "HTTP/1.0 200 OK\r\n\r\nto the end");
    client.reset();
  });
  HttpClient client(server.url());
  EXPECT_EQ(client.get("/", soon()).body, "ab");
  EXPECT_EQ(client.get("/", soon()).body, "to the end");
}

TEST(HttpClient, NamesTheRefusedConnection) {
  Url url = Url::parse("http://127.0.0.1:1");
  {
    TestServer server(echo);
    url = server.url();
  }
  const auto error = error_of([&] { HttpClient(url).get("/v1/x", soon()); });
  EXPECT_EQ(error.code(), Errc::unavailable);
  EXPECT_EQ(std::string(error.what()),
            "GET http://" + url.authority() + "/v1/x: Connection refused");
}

TEST(HttpClient, NamesTheHostThatCannotBeResolved) {
  HttpClient client(Url::parse("http://no-such-host.invalid:7070"));
  const auto error = error_of([&] { client.get("/", soon()); });
  EXPECT_EQ(error.code(), Errc::unavailable);
  EXPECT_NE(std::string(error.what()).find("resolve no-such-host.invalid"), std::string::npos);
}

TEST(HttpClient, ReachesLocalhostWithoutAResolver) {
  TestServer server(echo);
  HttpClient client(Url::parse("http://localhost:" + std::to_string(server.where().port)));
  EXPECT_EQ(client.get("/", soon()).status, 200);
}

TEST(HttpClient, GivesUpAtTheDeadline) {
  FakeServer server([](UniqueFd&, int) {});
  HttpClient client(server.url());
  const auto error = error_of([&] { client.get("/", Deadline::in(milliseconds(30))); });
  EXPECT_EQ(error.code(), Errc::deadline);
}

TEST(HttpClient, StopsWhileItWaitsForAnAnswer) {
  FakeServer server([](UniqueFd&, int) {});
  HttpClient client(server.url());
  EXPECT_LT(time_to_stop([&](auto stop) { client.get("/", soon(), stop); }), milliseconds(50));
}

TEST(HttpClient, StopsWhileItSendsToAServerThatDoesNotRead) {
  FakeServer server([](UniqueFd&, int) {});
  HttpClient client(server.url());
  HttpRequest request;
  request.method = "POST";
  request.target = "/";
  request.body = std::string(32 << 20, 'x');  // more than the socket's buffers hold
  EXPECT_LT(time_to_stop([&](auto stop) { client.request(request, soon(), stop); }),
            milliseconds(50));
}

TEST(HttpClient, StopsWhileItConnects) {
  // A listener with a full backlog leaves a connect waiting.
  UniqueFd listener = tcp_socket();
  ASSERT_EQ(::listen(listener.get(), 0), 0);
  const auto where = local_endpoint_of(listener.get());
  std::vector<UniqueFd> fillers;
  for (int i = 0; i < 4; ++i) {
    UniqueFd filler(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    connect_to(filler, {"127.0.0.1", where.port});
    fillers.push_back(std::move(filler));
  }
  HttpClient client(Url::parse("http://127.0.0.1:" + std::to_string(where.port)));
  EXPECT_LT(time_to_stop([&](auto stop) { client.get("/", soon(), stop); }), milliseconds(50));
  HttpClientOptions hasty;
  hasty.connect_timeout = milliseconds(20);
  HttpClient second(client.base(), hasty);
  EXPECT_EQ(error_of([&] { second.get("/", soon()); }).code(), Errc::unavailable);
}

TEST(HttpClient, NeverStartsOnceStopped) {
  std::stop_source source;
  source.request_stop();
  FakeServer server([](UniqueFd&, int) {});
  HttpClient client(server.url());
  EXPECT_EQ(error_of([&] { client.get("/", soon(), source.get_token()); }).code(),
            Errc::interrupted);
}

TEST(HttpClient, RefusesResponsesThatAreTooLargeOrNoHttp) {
  FakeServer server([](UniqueFd& client, int number) {
    FakeServer::read_request(client);
    static constexpr std::string_view kAnswers[] = {
        "SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n"};
    FakeServer::say(client, kAnswers[number]);
    FakeServer::say(client, std::string(0xfff, 'x') + "\r\n");
  });
  HttpClientOptions options;
  options.max_body = 1000;
  HttpClient client(server.url(), options);
  for (int i = 0; i < 3; ++i) {
    const auto error = error_of([&] { client.get("/", soon()); });
    EXPECT_EQ(error.code(), Errc::integrity) << i << ": " << error.what();
    EXPECT_EQ(std::string(error.what()).rfind("GET http://", 0), 0U) << error.what();
  }
}

TEST(HttpClient, SaysWhenTheAnswerBreaksOff) {
  FakeServer server([](UniqueFd& client, int) {
    FakeServer::read_request(client);
    FakeServer::say(client, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    client.reset();
  });
  HttpClient client(server.url());
  EXPECT_EQ(error_of([&] { client.get("/", soon()); }).code(), Errc::unavailable);
}

// Answers the first request on each connection, and then hangs up on the next.
void answer_once(UniqueFd& client, int) {
  FakeServer::read_request(client);
  FakeServer::say(client, kOk);
  FakeServer::read_request(client);
  client.reset();
}

TEST(HttpClient, RepeatsAnIdempotentRequestOnAStaleConnection) {
  FakeServer server(answer_once);
  HttpClient client(server.url());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.get("/", soon()).body, "ok");
  HttpRequest post;
  post.method = "POST";
  post.target = "/";
  post.body = "{}";
  post.idempotent = true;
  EXPECT_EQ(client.request(post, soon()).body, "ok");
}

TEST(HttpClient, DoesNotRepeatOtherRequests) {
  FakeServer server(answer_once);
  HttpClient client(server.url());
  EXPECT_EQ(client.get("/", soon()).body, "ok");
  EXPECT_EQ(error_of([&] { client.post("/", "{}", soon()); }).code(), Errc::unavailable);
  EXPECT_EQ(client.post("/", "{}", soon()).body, "ok");
}

TEST(HttpClient, DoesNotRepeatOnAFreshConnection) {
  std::atomic<int> connections = 0;
  FakeServer server([&](UniqueFd& client, int) {
    ++connections;
    FakeServer::read_request(client);
    client.reset();
  });
  HttpClient client(server.url());
  EXPECT_EQ(error_of([&] { client.get("/", soon()); }).code(), Errc::unavailable);
  EXPECT_EQ(connections, 1);
}

TEST(HttpClient, NoticesAClosedConnectionBeforeItSends) {
  FakeServer server([](UniqueFd& client, int) {
    FakeServer::read_request(client);
    FakeServer::say(client, kOk);
    client.reset();
  });
  HttpClient client(server.url());
  for (int i = 0; i < 20; ++i) {
    HttpRequest post;
    post.method = "POST";
    post.target = "/";
    post.idempotent = true;
    EXPECT_EQ(client.request(post, soon()).body, "ok");
  }
}

TEST(HttpClient, RefusesHeadersThatWouldSplitTheRequest) {
  TestServer server(echo);
  HttpClient client(server.url());
  HttpRequest request;
  request.target = "/";
  request.headers = {{"X", "a\r\nY: b"}};
  EXPECT_EQ(error_of([&] { client.request(request, soon()); }).code(), Errc::usage);
  EXPECT_EQ(error_of([&] { client.get("/a b", soon()); }).code(), Errc::usage);
}

}  // namespace
}  // namespace roost::net
