// One client of the server, from accept to close. Private to core/net.
//
// Lives on the I/O thread only. Asio says when the socket is ready; reading and
// writing are plain non-blocking calls, so an idle client costs no buffer.
// turn() does all that can be done now and is called after every change; it
// never runs inside itself, since everything that a handler can reach posts.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
// <utility> first: Boost 1.74's Asio needs std::exchange in C++20.
#include <boost/asio/posix/stream_descriptor.hpp>

#include "core/base/deadline.hpp"
#include "core/base/fd.hpp"
#include "core/net/request_reader.hpp"
#include "core/net/responder_state.hpp"
#include "core/net/server_core.hpp"
#include "core/net/stream_state.hpp"

namespace roost::net {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(ServerCore& core, UniqueFd fd, Endpoint remote);

  void turn();
  void refuse(int status, const Error& error);  // one answer, then close
  void tick(Monotonic now);                     // timeouts and keep-alives
  void drain();
  void close();  // at once, whatever the state

  void drop_slow_stream();
  void answer_deferred(std::uint64_t number, Response response);

 private:
  enum class State {
    reading,    // a request, or waiting for one
    answering,  // sending a response
    deferred,   // the handler answers later
    streaming,
    lingering,  // all sent; lets the client read it before the connection breaks
    closed,
  };

  bool pump();
  void consume(std::size_t sent);
  bool advance_request();
  void dispatch(Request request);
  void respond(Response response);
  void finish_answer();
  void begin_stream(StreamReply reply);
  void begin_deferred(DeferredReply reply);
  bool advance_stream();
  void watch_readable();
  void watch_writable();
  void on_readable();
  bool nothing_arrived();

  ServerCore& core_;
  boost::asio::posix::stream_descriptor socket_;
  const Endpoint remote_;
  State state_ = State::reading;
  std::string in_;  // bytes not understood yet: part of a header, or pipelined requests
  std::unique_ptr<RequestReader> reader_;  // while a request has begun
  std::deque<SharedText> out_;
  std::size_t out_offset_ = 0;  // of out_.front(), sent already
  Monotonic since_;             // the state, or within it the request, began
  Monotonic progress_;          // bytes last went out
  bool watching_readable_ = false;
  bool watching_writable_ = false;
  bool told_to_continue_ = false;
  bool keep_alive_ = true;
  bool head_only_ = false;
  bool must_linger_ = false;
  std::uint64_t requests_ = 0;
  std::shared_ptr<StreamState> stream_;
  std::weak_ptr<Responder::State> responder_;
  std::optional<Response> on_drain_;
};

}  // namespace roost::net
