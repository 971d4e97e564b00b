// Reads one HTTP response from bytes that come in any portions.
//
// Private to core/net, and one of the two places that see Beast. The body goes
// to a sink as it arrives: a string's end or an SSE parser. Throws
// Error{integrity} for what is no HTTP/1 or breaks a bound; no I/O in here.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "core/net/http_message.hpp"

namespace roost::net {

class ResponseReader {
 public:
  using Sink = std::function<void(std::string_view)>;

  struct Limits {
    bool head = false;                    // the answer to HEAD has no body
    std::optional<std::size_t> max_body;  // none: a stream
  };

  ResponseReader(Limits limits, Sink sink);
  ~ResponseReader();

  void feed(std::string_view bytes);
  void feed_eof();  // throws when the response isn't complete

  bool began() const noexcept;  // some byte of it has come
  bool has_header() const noexcept;
  bool is_done() const noexcept;
  bool may_reuse() const noexcept;  // done, and the connection stays open

  // From has_header() on.
  int status() const;
  Headers headers() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roost::net
