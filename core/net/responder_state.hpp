// What a deferred answer's Responder copies share. Private to core/net.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "core/net/http_server.hpp"
#include "core/net/mailbox.hpp"

namespace roost::net {

class Connection;

struct Responder::State {
  State(std::shared_ptr<Mailbox> box, std::weak_ptr<Connection> client, std::uint64_t request)
      : mailbox(std::move(box)), connection(std::move(client)), number(request) {}
  ~State();

  // True for one caller only: whoever answers, or finds the client gone.
  bool take() noexcept { return open.exchange(false); }

  void post(Response response);
  void client_gone();  // I/O thread

  const std::shared_ptr<Mailbox> mailbox;
  const std::weak_ptr<Connection> connection;
  const std::uint64_t number;  // of the request on its connection
  std::atomic<bool> open{true};

  std::mutex mutex;
  bool gone = false;
  std::function<void()> on_close;
};

}  // namespace roost::net
