#include "core/net/connection.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/base/log.hpp"
#include "core/net/response_text.hpp"

namespace roost::net {
namespace {

constexpr std::size_t kMaxPipelined = 64U << 10;  // read ahead of an answer that is due
constexpr std::size_t kJoinBody = 16U << 10;      // smaller bodies go out with their head
constexpr std::size_t kMaxParts = 64;             // texts in one system call
constexpr std::chrono::seconds kLinger{2};

Monotonic now() {
  return std::chrono::steady_clock::now();
}

SharedText share(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

}  // namespace

Connection::Connection(ServerCore& core, UniqueFd fd, Endpoint remote)
    : core_(core),
      socket_(core.io, fd.get()),
      remote_(std::move(remote)),
      since_(now()),
      progress_(since_) {
  fd.release();
}

void Connection::turn() {
  while (state_ != State::closed) {
    if (!pump()) return;
    switch (state_) {
      case State::answering:
        finish_answer();
        break;
      case State::reading:
        if (!advance_request()) return watch_readable();
        break;
      case State::streaming:
        if (!advance_stream()) return watch_readable();
        break;
      case State::deferred:
        // Readable means a client that left, or one that pipelines.
        if (in_.size() < kMaxPipelined) watch_readable();
        return;
      case State::lingering:
        return watch_readable();
      case State::closed:
        return;
    }
  }
}

// Sends what is queued; true when nothing is left of it.
bool Connection::pump() {
  while (!out_.empty()) {
    std::array<iovec, kMaxParts> parts{};
    const auto count = std::min(out_.size(), kMaxParts);
    for (std::size_t i = 0; i < count; ++i) {
      const auto skip = i == 0 ? out_offset_ : 0;
      parts[i].iov_base = const_cast<char*>(out_[i]->data() + skip);  // sendmsg only reads
      parts[i].iov_len = out_[i]->size() - skip;
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    const auto sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      consume(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      watch_writable();
      return false;
    } else if (errno != EINTR) {
      close();
      return false;
    }
  }
  return true;
}

void Connection::consume(std::size_t sent) {
  progress_ = now();
  out_offset_ += sent;
  while (!out_.empty() && out_offset_ >= out_.front()->size()) {
    out_offset_ -= out_.front()->size();
    out_.pop_front();
  }
}

// True if there is something new to do, false if more bytes are needed.
bool Connection::advance_request() {
  if (!reader_) {
    // RFC 9112, 2.2: line ends before a request are to be ignored.
    in_.erase(0, std::min(in_.find_first_not_of("\r\n"), in_.size()));
    if (in_.empty()) return false;
    reader_ = std::make_unique<RequestReader>(
        RequestReader::Limits{core_.config.max_header, core_.config.max_body});
    since_ = now();
    told_to_continue_ = false;
  }
  try {
    in_.erase(0, reader_->feed(in_));
    if (!reader_->is_done()) {
      if (!reader_->has_header() || told_to_continue_ || !reader_->expects_continue()) return false;
      told_to_continue_ = true;
      out_.push_back(share("HTTP/1.1 100 Continue\r\n\r\n"));
      return true;
    }
    keep_alive_ = reader_->keep_alive() && !core_.draining;
    auto request = reader_->take();
    reader_.reset();
    if (in_.empty()) in_.shrink_to_fit();
    dispatch(std::move(request));
  } catch (const Refused& refusal) {
    ++core_.counters.malformed;
    refuse(refusal.status(), refusal);
  }
  return true;
}

void Connection::refuse(int status, const Error& error) {
  reader_.reset();
  keep_alive_ = false;
  must_linger_ = true;  // unread bytes would otherwise turn the close into a reset
  respond(error_response(core_.config.format_error, error, status));
}

void Connection::dispatch(Request request) {
  ++core_.counters.requests;
  ++requests_;
  request.remote = remote_;
  head_only_ = request.method == "HEAD";
  Reply reply;
  auto failure = catch_as_response(core_, request.method + " " + request.path.substr(0, 200),
                                   [&] { reply = core_.handler(request); });
  if (failure) return respond(std::move(*failure));
  if (auto* response = std::get_if<Response>(&reply)) return respond(std::move(*response));
  if (auto* deferred = std::get_if<DeferredReply>(&reply)) {
    return begin_deferred(std::move(*deferred));
  }
  if (!head_only_) return begin_stream(std::move(std::get<StreamReply>(reply)));
  keep_alive_ = false;
  respond({200, "text/event-stream", {}, {}});
}

void Connection::respond(Response response) {
  state_ = State::answering;
  progress_ = now();
  try {
    auto head = response_head(response, keep_alive_);
    if (head_only_ || response.body.empty()) {
      out_.push_back(share(std::move(head)));
    } else if (response.body.size() <= kJoinBody) {
      out_.push_back(share(std::move(head += response.body)));
    } else {
      out_.push_back(share(std::move(head)));
      out_.push_back(share(std::move(response.body)));
    }
  } catch (const std::invalid_argument& error) {
    log::error("answer request: {}", error.what());
    out_.push_back(share(response_head({500, "text/plain", {}, {}}, keep_alive_)));
  }
}

void Connection::finish_answer() {
  head_only_ = false;
  on_drain_.reset();
  since_ = now();
  if (keep_alive_ && !core_.draining) {
    state_ = State::reading;
  } else if (must_linger_ || !in_.empty()) {
    state_ = State::lingering;
    in_ = {};
    ::shutdown(socket_.native_handle(), SHUT_WR);
  } else {
    close();
  }
}

void Connection::begin_stream(StreamReply reply) {
  auto failure = catch_as_response(core_, "begin stream",
                                   [&] { out_.push_back(share(stream_head(reply.headers))); });
  if (failure) return respond(std::move(*failure));
  state_ = State::streaming;
  progress_ = now();
  in_ = {};
  ++core_.counters.streams;
  stream_ = std::make_shared<StreamState>(core_.mailbox, weak_from_this(),
                                          core_.config.stream_queue_bytes,
                                          core_.config.stream_queue_messages);
  try {
    reply.start(stream_);
  } catch (const std::exception& error) {
    log::error("begin stream: {}", error.what());
    return close();
  }
  if (core_.draining) stream_->close();
}

void Connection::begin_deferred(DeferredReply reply) {
  state_ = State::deferred;
  on_drain_ = std::move(reply.on_drain);
  auto shared = std::make_shared<Responder::State>(core_.mailbox, weak_from_this(), requests_);
  responder_ = shared;
  auto failure = catch_as_response(core_, "answer later", [&] { reply.start(Responder(shared)); });
  if (failure && shared->take()) respond(std::move(*failure));
  if (!failure && core_.draining) drain();
}

// True if there is something to send.
bool Connection::advance_stream() {
  switch (stream_->take(out_)) {
    case StreamState::Taken::something:
      return true;
    case StreamState::Taken::nothing:
      return false;
    case StreamState::Taken::ended:
      close();
      return true;
  }
  return false;
}

void Connection::drop_slow_stream() {
  if (state_ == State::closed) return;
  ++core_.counters.dropped_streams;
  log::warn("event stream of {}: dropped, it does not read", remote_.str());
  close();
}

void Connection::answer_deferred(std::uint64_t number, Response response) {
  if (state_ != State::deferred || number != requests_) return;
  respond(std::move(response));
  turn();
}

void Connection::tick(Monotonic at) {
  const auto& config = core_.config;
  if (!out_.empty()) {
    if (at - progress_ >= config.write_timeout) close();
    return;
  }
  switch (state_) {
    case State::reading:
      if (reader_ && at - since_ >= config.read_timeout) {
        refuse(408, Error(Errc::deadline, "read request: it took too long"));
        turn();
      } else if (!reader_ && at - since_ >= config.idle_timeout) {
        close();
      }
      break;
    case State::streaming:
      if (at - progress_ < config.keep_alive) break;
      static const SharedText kKeepAlive = share(": keep-alive\n\n");
      out_.push_back(kKeepAlive);
      turn();
      break;
    case State::lingering:
      if (at - since_ >= kLinger) close();
      break;
    default:
      break;
  }
}

void Connection::drain() {
  keep_alive_ = false;
  switch (state_) {
    case State::reading:
      // A request that has arrived is answered; one that begins later is not.
      if (!reader_ && in_.empty() && nothing_arrived()) close();
      break;
    case State::streaming:
      stream_->close();
      break;
    case State::deferred:
      if (const auto shared = responder_.lock(); shared && on_drain_ && shared->take()) {
        shared->post(std::move(*on_drain_));
      }
      break;
    default:
      break;
  }
}

void Connection::close() {
  if (state_ == State::closed) return;
  const auto self = shared_from_this();
  state_ = State::closed;
  boost::system::error_code ignored;
  socket_.close(ignored);
  out_.clear();
  reader_.reset();
  if (const auto stream = std::exchange(stream_, nullptr)) {
    --core_.counters.streams;
    stream->ended();
  }
  if (const auto shared = responder_.lock(); shared && shared->take()) shared->client_gone();
  core_.connections.erase(self);
  core_.counters.connections = core_.connections.size();
  if (core_.draining && core_.connections.empty() && core_.on_empty) core_.on_empty();
}

bool Connection::nothing_arrived() {
  char byte = 0;
  return ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

void Connection::watch_readable() {
  if (watching_readable_ || state_ == State::closed) return;
  watching_readable_ = true;
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       self->watching_readable_ = false;
                       if (!error && self->state_ != State::closed) self->on_readable();
                     });
}

void Connection::watch_writable() {
  if (watching_writable_) return;
  watching_writable_ = true;
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       self->watching_writable_ = false;
                       if (!error) self->turn();
                     });
}

void Connection::on_readable() {
  auto& buffer = core_.read_buffer;
  const auto got = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  // The end of what the client sends; it may still read the answer under way.
  if (got == 0 && state_ == State::answering) return;
  if (got == 0) return close();
  if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return close();
  const bool wanted = state_ != State::streaming && state_ != State::lingering;
  if (got > 0 && wanted) in_.append(buffer.data(), static_cast<std::size_t>(got));
  turn();
}

}  // namespace roost::net
