#include "core/net/http_client.hpp"

#include <chrono>
#include <optional>
#include <vector>

#include "core/base/error.hpp"
#include "core/net/patience.hpp"
#include "core/net/request_text.hpp"
#include "core/net/response_reader.hpp"
#include "core/net/tcp_stream.hpp"

namespace roost::net {
namespace {

constexpr std::size_t kReadSize = 64U << 10;
constexpr std::size_t kJoinBody = 16U << 10;  // smaller bodies go out with their head

bool is_idempotent(const HttpRequest& request) noexcept {
  const auto& method = request.method;
  return request.idempotent || method == "GET" || method == "HEAD" || method == "PUT" ||
         method == "DELETE";
}

}  // namespace

struct HttpClient::Impl {
  Url base;
  HttpClientOptions options;
  TcpStream stream;
  Monotonic last_used{};
  std::vector<char> buffer = std::vector<char>(kReadSize);

  // Takes the connection that is there, or makes one; true if it is an old one.
  bool take_connection(Patience& patience) {
    const bool fresh_enough = std::chrono::steady_clock::now() - last_used < options.reuse_for;
    if (stream.is_open() && fresh_enough && stream.is_quiet()) return true;
    stream.close();
    stream = TcpStream::connect(base, options.connect_timeout, patience);
    return false;
  }

  bool send(const HttpRequest& request, std::string_view head, Patience& patience) {
    if (request.body.size() <= kJoinBody) {
      return stream.write_all(std::string(head) + request.body, patience);
    }
    return stream.write_all(head, patience) && stream.write_all(request.body, patience);
  }

  // Nothing, if the connection ended before a byte of the response: the server
  // has not begun to answer, and on an old connection most likely never saw
  // the request.
  std::optional<HttpResponse> exchange(const HttpRequest& request, std::string_view head,
                                       Patience& patience) {
    HttpResponse response;
    ResponseReader reader({.head = request.method == "HEAD", .max_body = options.max_body},
                          [&](std::string_view part) { response.body += part; });
    // A server that refuses a large body answers before it has read it all.
    const bool all_sent = send(request, head, patience);
    while (!reader.is_done()) {
      std::size_t got = 0;
      try {
        got = stream.read_some(buffer, patience);
      } catch (const Error& error) {
        if (error.code() == Errc::unavailable && !reader.began()) return std::nullopt;
        throw;
      }
      if (got == 0 && !reader.began()) return std::nullopt;
      patience.name_errors([&] {
        if (got == 0) return reader.feed_eof();
        reader.feed({buffer.data(), got});
      });
    }
    response.status = reader.status();
    response.headers = reader.headers();
    if (!all_sent || !reader.may_reuse()) stream.close();
    last_used = std::chrono::steady_clock::now();
    return response;
  }
};

HttpClient::HttpClient(Url base, HttpClientOptions options)
    : impl_(std::make_unique<Impl>(Impl{std::move(base), std::move(options), {}})) {}

HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

HttpResponse HttpClient::request(const HttpRequest& request, Deadline deadline,
                                 std::stop_token stop) {
  auto& self = *impl_;
  const Url url = self.base.with_target(request.target);
  Patience patience(request.method + " " + url.str(), deadline, std::move(stop));
  const std::string head = request_text(request, url, self.options.headers);
  try {
    const bool reused = self.take_connection(patience);
    auto response = self.exchange(request, head, patience);
    if (!response && reused && is_idempotent(request)) {
      self.stream.close();
      self.take_connection(patience);
      response = self.exchange(request, head, patience);
    }
    if (response) return std::move(*response);
    throw patience.error(Errc::unavailable, "the connection closed before an answer came");
  } catch (...) {
    self.stream.close();  // what is left of this exchange must not meet the next one
    throw;
  }
}

HttpResponse HttpClient::get(std::string target, Deadline deadline, std::stop_token stop) {
  HttpRequest request;
  request.target = std::move(target);
  return this->request(request, deadline, std::move(stop));
}

HttpResponse HttpClient::post(std::string target, std::string body, Deadline deadline,
                              std::stop_token stop) {
  HttpRequest request;
  request.method = "POST";
  request.target = std::move(target);
  request.body = std::move(body);
  return this->request(request, deadline, std::move(stop));
}

const Url& HttpClient::base() const noexcept {
  return impl_->base;
}

}  // namespace roost::net
