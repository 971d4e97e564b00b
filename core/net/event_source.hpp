// A blocking reader of one server-sent event stream.
//
// connect() returns once the server answered 200 with text/event-stream; next()
// waits for an event. Both throw as HttpClient does; the end of the stream, or
// a silence longer than allowed, is Error{unavailable}: the caller reconnects
// with last_id(), after a back-off that is its own. Not thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "core/base/deadline.hpp"
#include "core/base/error.hpp"
#include "core/net/http_message.hpp"
#include "core/net/sse_parser.hpp"
#include "core/net/url.hpp"

namespace roost::net {

struct EventSourceOptions {
  std::size_t max_event = SseParser::kMaxEvent;
  std::chrono::milliseconds connect_timeout{5000};  // for each address that the host has
  // The server says something every 15 s; after three silences it is taken for
  // dead, which a lost machine or link never announces. 0 waits for ever.
  std::chrono::milliseconds silence_limit{45000};
  Headers headers;
  // What an answer other than 200 means; by default errc_from_http and the body's start.
  std::function<Error(const HttpResponse&)> to_error;
};

class EventSource {
 public:
  explicit EventSource(EventSourceOptions options = {});
  ~EventSource();
  EventSource(EventSource&&) noexcept;
  EventSource& operator=(EventSource&&) noexcept;

  // An empty last_event_id asks for a fresh stream. Ends an earlier connection.
  void connect(const Url& url, const std::string& last_event_id, Deadline deadline,
               std::stop_token stop = {});

  // The next event, or nothing at the deadline. Comments are not events but
  // count as a sign of life.
  std::optional<SseEvent> next(Deadline deadline, std::stop_token stop = {});

  bool connected() const noexcept;
  void close() noexcept;
  Monotonic last_heard() const noexcept;        // when bytes last came, comments included
  const std::string& last_id() const noexcept;  // what to reconnect with
  std::optional<std::chrono::milliseconds> retry() const noexcept;  // as the server advised

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roost::net
