// An HTTP/1.1 server with one I/O thread: plain answers, event streams and
// answers that come later.
//
// The handler, functions given to post() and every(), and all on_close
// callbacks run on the I/O thread and nowhere else, so what they own needs no
// lock; they must not block. EventStream and Responder may be used from any
// thread, and outlive their client and the server harmlessly. An Error that
// leaves the handler becomes its HTTP status, anything else a 500 and a log line.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "core/base/deadline.hpp"
#include "core/base/endpoint.hpp"
#include "core/base/error.hpp"
#include "core/net/http_message.hpp"

namespace roost::net {

// The server's end of a text/event-stream.
class EventStream {
 public:
  virtual ~EventStream() = default;

  // Queues bytes as they are (see format_sse) and returns at once; false if the
  // client is gone. A client that lets its queue grow past the bound is dropped.
  // Many streams can share one text.
  virtual bool send(std::shared_ptr<const std::string> text) = 0;
  bool send(std::string text) { return send(std::make_shared<const std::string>(std::move(text))); }

  virtual void close() = 0;  // after what is queued has been sent
  virtual bool is_open() const noexcept = 0;

  // Called once, on the I/O thread, when the stream has ended for any reason.
  // May be called with no other thread's help only inside StreamReply::start or
  // on the I/O thread; if the stream has ended already, fn is posted.
  virtual void on_close(std::function<void()> fn) = 0;
};

// Answers one request later. Copies answer the same request; the first answer
// counts. When the last copy goes without an answer the client gets a 500.
class Responder {
 public:
  struct State;
  explicit Responder(std::shared_ptr<State> state) : state_(std::move(state)) {}

  void respond(Response response) const;
  bool is_open() const noexcept;  // false once answered or the client is gone

  // Called once, on the I/O thread, if the client goes before the answer. Use
  // it inside DeferredReply::start or on the I/O thread.
  void on_close(std::function<void()> fn) const;

 private:
  std::shared_ptr<State> state_;
};

// The headers go out at once, then start is called, still inside the same turn
// of the I/O thread: what the stream's owner sends from then on can't be missed.
struct StreamReply {
  std::function<void(std::shared_ptr<EventStream>)> start;
  Headers headers;  // beside Content-Type and Cache-Control
};

struct DeferredReply {
  std::function<void(Responder)> start;
  // What the client gets if the server drains first; without it draining waits
  // for the answer.
  std::optional<Response> on_drain;
};

using Reply = std::variant<Response, StreamReply, DeferredReply>;
using Handler = std::function<Reply(const Request&)>;

// Makes the body of an error's answer. status is what errc_info says.
using ErrorFormatter = std::function<Response(const Error&, int status)>;

struct HttpServerConfig {
  Endpoint listen{"127.0.0.1", 0};
  std::size_t max_header = std::size_t{64} << 10;  // announces carry long URLs
  std::size_t max_body = std::size_t{64} << 20;    // then 413
  std::size_t max_connections = 20000;             // then 503
  std::chrono::milliseconds idle_timeout{60000};   // between requests
  std::chrono::milliseconds read_timeout{30000};   // from a request's first byte to its last
  std::chrono::milliseconds write_timeout{30000};  // without a byte taken by the client
  std::chrono::milliseconds keep_alive{15000};     // ": keep-alive" on streams idle that long
  std::size_t stream_queue_bytes = std::size_t{8} << 20;  // unsent, then the client is dropped
  std::size_t stream_queue_messages = 4096;
  ErrorFormatter format_error;  // plain text without it
};

struct HttpServerStats {
  std::uint64_t requests = 0;  // answered by the handler
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;          // over max_connections
  std::uint64_t malformed = 0;        // answered 400, 413 or 431 by the server itself
  std::uint64_t dropped_streams = 0;  // too slow
  std::uint64_t connections = 0;      // open now, streams included
  std::uint64_t streams = 0;          // open now
};

class HttpServer {
 public:
  // Listens at once, so that local_endpoint() is known and a port in use is
  // Error{conflict}; nothing is answered before start() or run().
  HttpServer(HttpServerConfig config, Handler handler);
  ~HttpServer();  // stop()
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  Endpoint local_endpoint() const;

  void start();  // runs on a thread of its own
  void run();    // runs on the caller's thread until stop() or drain()

  // Any thread but the I/O thread. stop() closes everything at once. drain()
  // stops accepting, lets answers in flight finish, sends what streams have
  // queued and closes them, then stops; false if the deadline cut something off.
  void stop();
  bool drain(Deadline deadline);

  // Runs fn on the I/O thread, soon or every so often. Any thread. An exception
  // is logged. What is posted after the end is dropped.
  void post(std::function<void()> fn);
  void every(std::chrono::milliseconds interval, std::function<void()> fn);

  HttpServerStats stats() const;  // any thread

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roost::net
