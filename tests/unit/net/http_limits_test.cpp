#include <sys/resource.h>

#include <vector>

#include "core/net/http_client.hpp"
#include "core/net/http_server.hpp"
#include "tests/unit/net/raw_client.hpp"

namespace roost::net {
namespace {

using std::chrono::milliseconds;

TEST(HttpLimits, MalformedRequestsGet400AndAClose) {
  TestServer server(echo);
  for (const std::string garbage :
       {"\x16\x03\x01\x02\x01 TLS hello\r\n\r\n", "no http at all\r\n\r\n",
        "GET /%zz HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef"}) {
    RawClient client(server.where());
    client.send(garbage + std::string(100000, 'x'));
    client.finish_sending();
    EXPECT_EQ(client.read_to_end().rfind("HTTP/1.1 400 ", 0), 0U) << garbage;
    EXPECT_FALSE(client.was_reset());
  }
  EXPECT_EQ(server->stats().malformed, 4U);
  EXPECT_EQ(server->stats().requests, 0U);
}

TEST(HttpLimits, HeadersAreBoundedAt64KiB) {
  TestServer server(echo);
  RawClient fits(server.where());
  fits.send("GET /?" + std::string(60000, 'a') + " HTTP/1.1\r\n\r\n");
  EXPECT_EQ(fits.read_until("\r\n").rfind("HTTP/1.1 200", 0), 0U);
  RawClient endless(server.where());
  endless.send("GET /" + std::string(200000, 'a'));
  EXPECT_EQ(endless.read_until("\r\n").rfind("HTTP/1.1 431", 0), 0U);
}

TEST(HttpLimits, LargeBodiesGet413BeforeTheyAreSent) {
  HttpServerConfig config;
  config.max_body = 1000;
  TestServer server(echo, config);
  RawClient client(server.where());
  client.send("POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n").rfind("HTTP/1.1 413", 0), 0U);
}

TEST(HttpLimits, AClientThatSendsTooMuchSeesTheRefusal) {
  HttpServerConfig config;
  config.max_body = 1000;
  TestServer server(echo, config);
  HttpClient client(server.url());
  for (int i = 0; i < 5; ++i) {
    const auto response =
        client.post("/", std::string(std::size_t{8} << 20, 'x'), Deadline::in(kPatience));
    EXPECT_EQ(response.status, 413);
  }
}

TEST(HttpLimits, IdleConnectionsAreClosed) {
  HttpServerConfig config;
  config.idle_timeout = milliseconds(30);
  TestServer server(echo, config);
  RawClient client(server.where());
  client.send("GET / HTTP/1.1\r\n\r\n");
  client.read_until("GET /\n");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(HttpLimits, SlowRequestsGet408) {
  HttpServerConfig config;
  config.read_timeout = milliseconds(30);
  TestServer server(echo, config);
  RawClient client(server.where());
  client.send("GET / HTTP/1.1\r\nX: ");
  EXPECT_EQ(client.read_to_end().rfind("HTTP/1.1 408", 0), 0U);
}

TEST(HttpLimits, AClientThatNeverReadsIsDropped) {
  HttpServerConfig config;
  config.write_timeout = milliseconds(50);
  TestServer server([](const Request&) { return text_response(std::string(32 << 20, 'x')); },
                    config);
  RawClient client(server.where());
  client.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server->stats().requests == 1; }));
  EXPECT_TRUE(eventually([&] { return server->stats().connections == 0; }));
}

TEST(HttpLimits, ConnectionsBeyondTheLimitGet503) {
  HttpServerConfig config;
  config.max_connections = 2;
  TestServer server(echo, config);
  RawClient first(server.where());
  RawClient second(server.where());
  EXPECT_TRUE(eventually([&] { return server->stats().accepted == 2; }));
  RawClient third(server.where());
  third.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(third.read_to_end().rfind("HTTP/1.1 503", 0), 0U);
  third.close();
  second.close();
  EXPECT_TRUE(eventually([&] { return server->stats().connections == 1; }));
  RawClient fourth(server.where());
  fourth.send("GET /4 HTTP/1.1\r\n\r\n");
  fourth.read_until("GET /4\n");
  EXPECT_EQ(server->stats().refused, 1U);
}

TEST(HttpLimits, SurvivesRunningOutOfDescriptors) {
  TestServer server(echo);
  std::vector<UniqueFd> sockets;
  for (int i = 0; i < 8; ++i) sockets.push_back(tcp_socket());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = static_cast<rlim_t>(sockets.back().get()) + 3;  // room for two clients
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  int connected = 0;
  for (const auto& socket : sockets) connected += connect_to(socket, server.where()) ? 1 : 0;
  EXPECT_TRUE(eventually([&] { return server->stats().accepted == 2; }));
  server.settle();
  EXPECT_EQ(server->stats().accepted, 2U);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(connected, 8);
  EXPECT_TRUE(eventually([&] { return server->stats().accepted == 8; }));
  HttpClient client(server.url());
  EXPECT_EQ(client.get("/", Deadline::in(kPatience)).status, 200);
}

}  // namespace
}  // namespace roost::net
