#include "core/net/http_server.hpp"

#include <fcntl.h>

#include <filesystem>
#include <future>

#include "core/net/http_client.hpp"
#include "tests/unit/net/raw_client.hpp"

namespace roost::net {
namespace {

constexpr std::string_view kGet = "GET /a?b=%63 HTTP/1.1\r\nHost: t\r\n\r\n";

TEST(HttpServer, KeepsTheConnectionBetweenRequests) {
  TestServer server(echo);
  RawClient client(server.where());
  for (int i = 0; i < 3; ++i) {
    client.send(kGet);
    const auto head = client.read_until("\r\n\r\n");
    EXPECT_EQ(head.rfind("HTTP/1.1 200 OK\r\n", 0), 0U) << head;
    EXPECT_NE(head.find("Connection: keep-alive"), std::string::npos);
    EXPECT_NE(head.find("Content-Length: 11\r\n"), std::string::npos);
    EXPECT_EQ(client.read_until("b=c\n"), "GET /a\nb=c\n");
  }
  EXPECT_EQ(server->stats().requests, 3U);
  EXPECT_EQ(server->stats().connections, 1U);
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  TestServer server(echo);
  RawClient client(server.where());
  std::string all;
  for (int i = 0; i < 500; ++i) all += "GET /" + std::to_string(i) + " HTTP/1.1\r\n\r\n";
  all += "GET /last HTTP/1.1\r\nConnection: close\r\n\r\n";
  client.send(all);
  for (int i = 0; i < 500; ++i) client.read_until("\r\n\r\nGET /" + std::to_string(i) + "\n");
  client.read_until("\r\n\r\nGET /last\n");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(HttpServer, ReadsSlowClientsByteByByte) {
  TestServer server(echo);
  RawClient client(server.where());
  for (const char c : std::string("\r\nPOST /slow HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc")) {
    client.send({&c, 1});
  }
  client.read_until("POST /slow\nabc");
}

TEST(HttpServer, ServesHttp10AndCloses) {
  TestServer server(echo);
  RawClient client(server.where());
  client.send("GET /announce?info_hash=%01 HTTP/1.0\r\n\r\n");
  const auto all = client.read_to_end();
  EXPECT_NE(all.find("Connection: close"), std::string::npos);
  EXPECT_NE(all.find("info_hash=\x01"), std::string::npos);
  EXPECT_FALSE(client.was_reset());
}

TEST(HttpServer, AnswersHeadWithoutABody) {
  TestServer server(echo);
  RawClient client(server.where());
  client.send("HEAD /h HTTP/1.1\r\n\r\n");
  EXPECT_NE(client.read_until("\r\n\r\n").find("Content-Length: 8"), std::string::npos);
  client.send("GET /after HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.read_to_end().rfind("HTTP/1.1 200", 0), 0U);
}

TEST(HttpServer, TellsAWaitingClientToContinue) {
  TestServer server(echo);
  RawClient client(server.where());
  client.send("POST /c HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  client.read_until("HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hi");
  client.read_until("POST /c\nhi");
}

TEST(HttpServer, SendsLargeBodiesToAClientThatReadsLate) {
  const std::string large(20 << 20, 'x');
  TestServer server([&](const Request&) { return text_response(large); });
  RawClient client(server.where());
  client.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  server.settle();
  const auto all = client.read_to_end();
  EXPECT_EQ(all.size() - all.find("\r\n\r\n") - 4, large.size());
}

TEST(HttpServer, TurnsErrorsIntoStatusAndFormattedBody) {
  HttpServerConfig config;
  config.format_error = [](const Error& error, int status) {
    return Response{status, "application/json", std::string("{") + error.what() + "}", {}};
  };
  TestServer server(
      [](const Request& request) -> Reply {
        if (request.path == "/conflict") throw Error(Errc::conflict, "register x: there already");
        throw std::runtime_error("secret detail");
      },
      config);
  HttpClient client(server.url());
  const auto conflict = client.get("/conflict", Deadline::in(kPatience));
  EXPECT_EQ(conflict.status, 409);
  EXPECT_EQ(conflict.body, "{register x: there already}");
  EXPECT_EQ(conflict.headers.get("content-type"), "application/json");
  const auto internal = client.get("/other", Deadline::in(kPatience));
  EXPECT_EQ(internal.status, 500);
  EXPECT_EQ(internal.body, "{answer request: internal error}");
}

TEST(HttpServer, AnswersAResponseHeaderThatWouldSplitWith500) {
  TestServer server([](const Request&) -> Reply {
    return Response{200, "text/plain", "x", {{"Location", "/a\r\nSet-Cookie: b"}}};
  });
  HttpClient client(server.url());
  const auto response = client.get("/", Deadline::in(kPatience));
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.headers.find("Set-Cookie"), std::nullopt);
}

TEST(HttpServer, NamesThePortThatIsInUse) {
  TestServer server(echo);
  HttpServerConfig config;
  config.listen = server.where();
  try {
    HttpServer second(config, echo);
    FAIL() << "two servers on one port";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::conflict);
    EXPECT_EQ(std::string(error.what()),
              "listen on " + server.where().str() + ": Address already in use");
    EXPECT_FALSE(error.help().empty());
  }
}

TEST(HttpServer, NamesAnAddressThatIsNotOurs) {
  HttpServerConfig config;
  config.listen = {"192.0.2.1", 0};
  EXPECT_THROW(HttpServer(config, echo), Error);
}

TEST(HttpServer, KnowsItsClientsAddress) {
  HttpServerConfig config;
  config.listen = {"::", 0};
  TestServer server([](const Request& request) { return text_response(request.remote.address); },
                    config);
  const Endpoint where{"127.0.0.1", server.where().port};
  HttpClient client(Url::parse("http://" + where.str()));
  EXPECT_EQ(client.get("/", Deadline::in(kPatience)).body, "127.0.0.1");
}

TEST(HttpServer, RunsPostedAndPeriodicWorkOnTheHandlersThread) {
  std::atomic<std::thread::id> handler_thread{};
  TestServer server([&](const Request&) {
    handler_thread = std::this_thread::get_id();
    return text_response("");
  });
  HttpClient(server.url()).get("/", Deadline::in(kPatience));
  std::promise<std::thread::id> posted;
  server->post([&] { posted.set_value(std::this_thread::get_id()); });
  EXPECT_EQ(posted.get_future().get(), handler_thread.load());
  std::atomic<int> ticks = 0;
  server->every(std::chrono::milliseconds(2), [&] {
    EXPECT_EQ(std::this_thread::get_id(), handler_thread.load());
    ++ticks;
    throw std::runtime_error("a periodic job may fail and goes on");
  });
  EXPECT_TRUE(eventually([&] { return ticks >= 3; }));
}

TEST(HttpServer, RunsOnTheCallersThreadUntilStopped) {
  HttpServer server({}, echo);
  std::jthread caller([&] { server.run(); });
  HttpClient client(Url::parse("http://" + server.local_endpoint().str()));
  EXPECT_EQ(client.get("/x", Deadline::in(kPatience)).body, "GET /x\n");
  server.stop();
  EXPECT_THROW(client.get("/x", Deadline::in(kPatience)), Error);
}

TEST(HttpServer, StopsWithoutEverHavingRun) {
  HttpServer server({}, echo);
  server.post([] {});
}

TEST(HttpServer, LeaksNoDescriptorIntoChildren) {
  TestServer server(echo);
  HttpClient client(server.url());
  client.get("/", Deadline::in(kPatience));
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int fd = std::stoi(entry.path().filename().string());
    const int flags = ::fcntl(fd, F_GETFD);
    if (fd <= 2 || flags < 0) continue;
    const auto what = std::filesystem::read_symlink(entry.path()).string();
    if (what.starts_with("socket:") || what.starts_with("anon_inode:")) {
      EXPECT_TRUE((flags & FD_CLOEXEC) != 0) << fd << " is " << what;
    }
  }
}

}  // namespace
}  // namespace roost::net
