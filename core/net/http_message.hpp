// HTTP requests and responses as plain values, for client and server alike.
// Nothing here knows a socket; copies are deep. Source: RFC 9110.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/endpoint.hpp"
#include "core/net/url.hpp"

namespace roost::net {

// Names compare without case; order and repetition are kept.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string name, std::string value);
  void set(std::string name, std::string value);  // replaces every field of that name
  std::optional<std::string_view> find(std::string_view name) const noexcept;  // the first
  std::string_view get(std::string_view name) const noexcept;                  // or an empty text

  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }
  std::size_t size() const noexcept { return fields_.size(); }

 private:
  std::vector<Field> fields_;
};

// What a server's handler sees.
struct Request {
  std::string method;                 // "GET"; HEAD is passed on as HEAD
  std::string target;                 // as sent: "/announce?info_hash=%12..."
  std::string path;                   // as sent, without the query
  std::vector<std::string> segments;  // of the path, each percent-decoded: {"v1", "releases"}
  Query query;                        // values are raw bytes
  Headers headers;
  std::string body;
  Endpoint remote;

  std::optional<std::string_view> query_value(std::string_view key) const noexcept;  // the first
};

// What a handler answers. Content-Length, Connection and Date are the server's.
struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  Headers headers;
};

// What a client gets. Every status is a normal answer here.
struct HttpResponse {
  int status = 0;
  Headers headers;
  std::string body;

  bool ok() const noexcept { return status >= 200 && status < 300; }
};

std::string_view reason_phrase(int status) noexcept;  // "Not Found"; "Unknown" for others

}  // namespace roost::net
