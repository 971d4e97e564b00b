// A TCP client that says exactly what a test tells it to, and a server to say
// it to. Every wait ends after ten seconds at the latest.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "core/base/deadline.hpp"
#include "core/base/fd.hpp"
#include "core/net/http_server.hpp"

namespace roost::net {

inline constexpr std::chrono::seconds kPatience{10};

inline bool eventually(const std::function<bool()>& condition) {
  const auto deadline = Deadline::in(kPatience);
  while (!condition()) {
    if (deadline.expired()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

inline UniqueFd tcp_socket() {
  return UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

inline bool connect_to(const UniqueFd& fd, const Endpoint& where) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(where.port);
  ::inet_pton(AF_INET, where.address.c_str(), &name.sin_addr);
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
}

class RawClient {
 public:
  explicit RawClient(const Endpoint& where) : fd_(tcp_socket()) {
    EXPECT_TRUE(connect_to(fd_, where));
  }

  bool send(std::string_view text) {
    while (!text.empty()) {
      const auto sent = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  void finish_sending() { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }
  int fd() const { return fd_.get(); }

  // Everything read so far ends up in text(); false at the end or after ten seconds.
  bool read_more(std::chrono::milliseconds wait = kPatience) {
    pollfd poll_fd{fd_.get(), POLLIN, 0};
    if (::poll(&poll_fd, 1, static_cast<int>(wait.count())) != 1) return false;
    char buffer[65536];
    const auto got = ::recv(fd_.get(), buffer, sizeof buffer, 0);
    if (got <= 0) {
      closed_ = true;
      was_reset_ = got < 0;
      return false;
    }
    text_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  // Reads until the text holds this; returns all up to and with it, and forgets it.
  std::string read_until(std::string_view mark) {
    for (;;) {
      const auto at = text_.find(mark);
      if (at != std::string::npos) {
        auto out = text_.substr(0, at + mark.size());
        text_.erase(0, at + mark.size());
        return out;
      }
      if (!read_more()) {
        ADD_FAILURE() << "never came: " << mark << "; got: " << text_.substr(0, 2000);
        return {};
      }
    }
  }

  std::string read_to_end() {
    while (read_more()) {
    }
    EXPECT_TRUE(closed_) << "the server did not close";
    return text_;
  }

  bool was_reset() const { return was_reset_; }

 private:
  UniqueFd fd_;
  std::string text_;
  bool closed_ = false;
  bool was_reset_ = false;
};

inline Response text_response(std::string body, int status = 200) {
  return {status, "text/plain", std::move(body), {}};
}

// A running server whose handler is the test's.
class TestServer {
 public:
  explicit TestServer(Handler handler, HttpServerConfig config = {})
      : server_(std::move(config), std::move(handler)) {
    server_.start();
  }

  HttpServer* operator->() { return &server_; }
  HttpServer& operator*() { return server_; }
  Endpoint where() const { return server_.local_endpoint(); }
  Url url(const std::string& target = "/") const {
    return Url::parse("http://" + where().str() + target);
  }

  // Has the server's thread done all that was asked of it so far?
  void settle() {
    std::atomic<bool> done = false;
    server_.post([&] { done = true; });
    EXPECT_TRUE(eventually([&] { return done.load(); }));
  }

 private:
  HttpServer server_;
};

// Answers with what the request was.
inline Reply echo(const Request& request) {
  std::string body = request.method + " " + request.path + "\n";
  for (const auto& [key, value] : request.query) body += key + "=" + value + "\n";
  return text_response(body + request.body);
}

}  // namespace roost::net
