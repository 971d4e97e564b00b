// The queue between an EventStream's senders and its connection.
//
// Private to core/net. send() and close() come from any thread and only touch
// the queue; one wake-up at a time is under way to the I/O thread, which takes
// everything at once.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "core/net/http_server.hpp"
#include "core/net/mailbox.hpp"

namespace roost::net {

class Connection;
using SharedText = std::shared_ptr<const std::string>;

class StreamState : public EventStream, public std::enable_shared_from_this<StreamState> {
 public:
  StreamState(std::shared_ptr<Mailbox> mailbox, std::weak_ptr<Connection> connection,
              std::size_t max_bytes, std::size_t max_messages);

  bool send(SharedText text) override;
  void close() override;
  bool is_open() const noexcept override;
  void on_close(std::function<void()> fn) override;

  enum class Taken { something, nothing, ended };

  // I/O thread: moves what is queued to out, when everything taken before has
  // been sent.
  Taken take(std::deque<SharedText>& out);

  // I/O thread: the connection is gone; calls on_close.
  void ended();

 private:
  enum class State { open, closing, closed };
  void wake_locked();

  const std::shared_ptr<Mailbox> mailbox_;
  const std::weak_ptr<Connection> connection_;
  const std::size_t max_bytes_;
  const std::size_t max_messages_;

  mutable std::mutex mutex_;
  State state_ = State::open;
  std::deque<SharedText> queue_;
  std::size_t queued_bytes_ = 0;
  std::size_t in_flight_bytes_ = 0;
  bool wake_posted_ = false;
  bool has_ended_ = false;
  std::function<void()> on_close_;
};

}  // namespace roost::net
