// A server of one script: what it does with each connection is the test's.
#pragma once

#include <functional>
#include <thread>
#include <vector>

#include "core/net/listener.hpp"
#include "tests/unit/net/raw_client.hpp"

namespace roost::net {

class FakeServer {
 public:
  // script runs on a thread of its own, for one connection after another, with
  // a descriptor that it may close, and the connection's number.
  using Script = std::function<void(UniqueFd& client, int number)>;

  explicit FakeServer(Script script) : listener_(open_listener({"127.0.0.1", 0})) {
    where_ = local_endpoint_of(listener_.get());
    thread_ = std::jthread([this, script = std::move(script)](const std::stop_token& stop) {
      for (int number = 0; !stop.stop_requested();) {
        pollfd poll_fd{listener_.get(), POLLIN, 0};
        if (::poll(&poll_fd, 1, 5) != 1) continue;
        auto accepted = accept_from(listener_.get());
        if (!accepted.fd) continue;
        script(accepted.fd, number++);
        kept_.push_back(std::move(accepted.fd));
      }
    });
  }

  Url url() const { return Url::parse("http://" + where_.str()); }

  static void read_request(const UniqueFd& client) {
    std::string text;
    char buffer[4096];
    while (text.find("\r\n\r\n") == std::string::npos) {
      pollfd poll_fd{client.get(), POLLIN, 0};
      if (::poll(&poll_fd, 1, 10000) != 1) return;
      const auto got = ::recv(client.get(), buffer, sizeof buffer, 0);
      if (got <= 0) return;
      text.append(buffer, static_cast<std::size_t>(got));
    }
  }

  static void say(const UniqueFd& client, std::string_view text) {
    while (!text.empty()) {
      const auto sent = ::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN) return;
      if (sent > 0) text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

 private:
  UniqueFd listener_;
  Endpoint where_;
  std::vector<UniqueFd> kept_;  // open until the end, as a server that hangs
  std::jthread thread_;
};

// The Error that f ends with; its text begins with what the test expects of all.
inline Error error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return Error(Errc::failed, "");
}

// Asks to stop a while after f began to block; how long f went on after that.
inline std::chrono::milliseconds time_to_stop(const std::function<void(std::stop_token)>& f) {
  std::stop_source source;
  std::chrono::steady_clock::time_point asked;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    asked = std::chrono::steady_clock::now();
    source.request_stop();
  });
  const auto error = error_of([&] { f(source.get_token()); });
  EXPECT_EQ(error.code(), Errc::interrupted) << error.what();
  stopper.join();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               asked);
}

}  // namespace roost::net
