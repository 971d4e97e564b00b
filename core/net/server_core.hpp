// What a server's connections share. Private to core/net; includes Asio.
// Everything but mailbox and counters belongs to the I/O thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "core/net/http_server.hpp"
#include "core/net/mailbox.hpp"

namespace roost::net {

class Connection;

struct ServerCore {
  ServerCore(HttpServerConfig settings, Handler answerer)
      : config(std::move(settings)),
        handler(std::move(answerer)),
        mailbox(std::make_shared<Mailbox>(io)),
        read_buffer(std::size_t{64} << 10) {}

  struct Counters {
    std::atomic<std::uint64_t> requests{0}, accepted{0}, refused{0}, malformed{0},
        dropped_streams{0}, connections{0}, streams{0};
  };

  const HttpServerConfig config;
  Handler handler;
  boost::asio::io_context io{1};
  const std::shared_ptr<Mailbox> mailbox;
  std::unordered_set<std::shared_ptr<Connection>> connections;
  bool draining = false;
  std::function<void()> on_empty;  // while draining, when the last connection has gone
  std::vector<char> read_buffer;   // one for all: reading is synchronous
  Counters counters;
};

// Runs f and turns an exception into the answer that the client gets.
std::optional<Response> catch_as_response(const ServerCore& core, const std::string& what,
                                          const std::function<void()>& f);

// Runs f; an exception is logged, since nobody waits for it.
void run_logged(const char* what, const std::function<void()>& f) noexcept;

}  // namespace roost::net
