#include "core/net/stream_state.hpp"

#include "core/net/connection.hpp"
#include "core/net/server_core.hpp"

namespace roost::net {

StreamState::StreamState(std::shared_ptr<Mailbox> mailbox, std::weak_ptr<Connection> connection,
                         std::size_t max_bytes, std::size_t max_messages)
    : mailbox_(std::move(mailbox)),
      connection_(std::move(connection)),
      max_bytes_(max_bytes),
      max_messages_(max_messages) {}

bool StreamState::send(SharedText text) {
  const std::lock_guard lock(mutex_);
  if (state_ != State::open) return false;
  const auto unsent = queued_bytes_ + in_flight_bytes_;
  // A single text may be larger than the bound: the first event of a big release.
  if ((unsent > 0 && unsent + text->size() > max_bytes_) || queue_.size() >= max_messages_) {
    state_ = State::closed;
    queue_.clear();
    mailbox_->post([connection = connection_] {
      if (const auto alive = connection.lock()) alive->drop_slow_stream();
    });
    return false;
  }
  queued_bytes_ += text->size();
  queue_.push_back(std::move(text));
  wake_locked();
  return true;
}

void StreamState::close() {
  const std::lock_guard lock(mutex_);
  if (state_ != State::open) return;
  state_ = State::closing;
  wake_locked();
}

bool StreamState::is_open() const noexcept {
  const std::lock_guard lock(mutex_);
  return state_ == State::open;
}

void StreamState::on_close(std::function<void()> fn) {
  const std::lock_guard lock(mutex_);
  if (!has_ended_) {
    on_close_ = std::move(fn);
    return;
  }
  mailbox_->post([fn = std::move(fn)] { run_logged("stream's on_close", fn); });
}

StreamState::Taken StreamState::take(std::deque<SharedText>& out) {
  const std::lock_guard lock(mutex_);
  wake_posted_ = false;
  in_flight_bytes_ = queued_bytes_;
  queued_bytes_ = 0;
  if (queue_.empty()) return state_ == State::open ? Taken::nothing : Taken::ended;
  out.insert(out.end(), std::move_iterator(queue_.begin()), std::move_iterator(queue_.end()));
  queue_.clear();
  return Taken::something;
}

void StreamState::ended() {
  std::function<void()> fn;
  {
    const std::lock_guard lock(mutex_);
    state_ = State::closed;
    has_ended_ = true;
    queue_.clear();
    fn = std::move(on_close_);
    on_close_ = nullptr;
  }
  if (fn) run_logged("stream's on_close", fn);
}

void StreamState::wake_locked() {
  if (wake_posted_) return;
  wake_posted_ = true;
  mailbox_->post([connection = connection_] {
    if (const auto alive = connection.lock()) alive->turn();
  });
}

}  // namespace roost::net
