// A blocking HTTP/1.1 client for one server, over one kept-alive connection.
//
// A call ends with a response of any status or throws: unavailable (no such
// host, refused, reset, closed early), deadline, interrupted, integrity (not
// HTTP, larger than allowed), each naming the URL and the cause. A stop request
// ends a call at once, wherever it blocks. Not thread-safe: one per thread.
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include "core/base/deadline.hpp"
#include "core/net/http_message.hpp"
#include "core/net/url.hpp"

namespace roost::net {

struct HttpClientOptions {
  std::size_t max_body = std::size_t{64} << 20;     // larger responses are refused
  std::chrono::milliseconds connect_timeout{5000};  // for each address that the host has
  // A kept-alive connection idle for longer is not used again: a server may be
  // about to close it. Below the server's own idle timeout.
  std::chrono::milliseconds reuse_for{20000};
  Headers headers;  // sent with every request
};

struct HttpRequest {
  std::string method = "GET";
  std::string target;  // begins with '/', comes after the base URL's path
  std::string body;
  std::string content_type;  // "application/json" when there is a body and this is empty
  Headers headers;
  // An idempotent request is sent again, once, when a kept-alive connection
  // turns out to be dead. GET, HEAD, PUT and DELETE always are.
  bool idempotent = false;
};

class HttpClient {
 public:
  explicit HttpClient(Url base, HttpClientOptions options = {});
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  HttpResponse request(const HttpRequest& request, Deadline deadline, std::stop_token stop = {});
  HttpResponse get(std::string target, Deadline deadline, std::stop_token stop = {});
  HttpResponse post(std::string target, std::string body, Deadline deadline,
                    std::stop_token stop = {});

  const Url& base() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roost::net
