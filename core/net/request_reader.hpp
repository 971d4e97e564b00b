// Reads one HTTP request from bytes that come in any portions.
//
// Private to core/net, and with response_reader the only place that sees Beast.
// No I/O. What can't be accepted is thrown as Refused with the status that
// tells the client: 400, 413 or 431.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/net/http_message.hpp"

namespace roost::net {

class Refused : public Error {
 public:
  Refused(int status, const std::string& cause)
      : Error(Errc::usage, "read request: " + cause), status_(status) {}
  int status() const noexcept { return status_; }

 private:
  int status_;
};

class RequestReader {
 public:
  struct Limits {
    std::size_t header = 0;
    std::size_t body = 0;
  };

  explicit RequestReader(Limits limits);
  ~RequestReader();

  // Takes what it can use from the front of bytes and says how much that was;
  // the caller offers the rest again, with more behind it.
  std::size_t feed(std::string_view bytes);

  bool has_header() const noexcept;
  bool is_done() const noexcept;

  // From has_header() on.
  bool expects_continue() const;
  bool keep_alive() const;

  // Once, when done. The remote endpoint is the caller's to fill in.
  Request take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roost::net
