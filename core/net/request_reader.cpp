#include "core/net/request_reader.hpp"

#include <algorithm>
#include <limits>

#include "core/net/sink_body.hpp"

namespace roost::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

using Parser = http::request_parser<SinkBody>;

// A chunk's header or a trailer, which the parser must see whole.
constexpr std::size_t kMaxUnparsed = 16U << 10;

Refused refused(const beast::error_code& error) {
  if (error == http::error::header_limit) return {431, "the header is larger than allowed"};
  if (error == http::error::body_limit) return {413, "the body is larger than allowed"};
  return {400, error.message()};
}

// "http://host/path" is what a client sends to a proxy, and allowed everywhere.
std::string_view without_origin(std::string_view target) {
  if (target.starts_with('/') || target == "*") return target;
  if (!target.starts_with("http://")) throw Refused(400, "the target is no path");
  const auto slash = target.find('/', 7);
  return slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
}

void split_target(Request& request) {
  try {
    const auto whole = without_origin(request.target);
    const auto mark = std::min(whole.find('?'), whole.size());
    request.path = whole.substr(0, mark);
    if (mark < whole.size()) request.query = parse_query(whole.substr(mark + 1));
    std::string_view rest = request.path;
    while (rest.starts_with('/')) {
      rest.remove_prefix(1);
      const auto end = std::min(rest.find('/'), rest.size());
      if (end > 0) request.segments.push_back(percent_decode(rest.substr(0, end)));
      rest.remove_prefix(end);
    }
  } catch (const Refused&) {
    throw;
  } catch (const Error& error) {
    throw Refused(400, error.what());
  }
}

}  // namespace

struct RequestReader::Impl {
  std::string body;
  Parser parser;
};

RequestReader::RequestReader(Limits limits) : impl_(std::make_unique<Impl>()) {
  constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();
  impl_->parser.header_limit(static_cast<std::uint32_t>(std::min(limits.header, kMost)));
  impl_->parser.body_limit(limits.body);
  impl_->parser.eager(true);
  impl_->parser.get().body() = [body = &impl_->body](std::string_view part) { *body += part; };
}

RequestReader::~RequestReader() = default;

std::size_t RequestReader::feed(std::string_view bytes) {
  auto& parser = impl_->parser;
  std::size_t used = 0;
  while (used < bytes.size() && !parser.is_done()) {
    beast::error_code error;
    const auto rest = bytes.substr(used);
    const auto took = parser.put(boost::asio::buffer(rest.data(), rest.size()), error);
    used += took;
    if (error && error != http::error::need_more) throw refused(error);
    if (took == 0) break;
  }
  if (parser.is_header_done() && !parser.is_done() && bytes.size() - used > kMaxUnparsed) {
    throw Refused(400, "a chunk's header is larger than allowed");
  }
  return used;
}

bool RequestReader::has_header() const noexcept {
  return impl_->parser.is_header_done();
}

bool RequestReader::is_done() const noexcept {
  return impl_->parser.is_done();
}

bool RequestReader::expects_continue() const {
  const auto& header = impl_->parser.get();
  return header.version() >= 11 && beast::iequals(header[http::field::expect], "100-continue");
}

bool RequestReader::keep_alive() const {
  return impl_->parser.keep_alive();
}

Request RequestReader::take() {
  const auto& header = impl_->parser.get();
  Request request;
  request.method = std::string(header.method_string());
  request.target = std::string(header.target());
  for (const auto& field : header) {
    request.headers.add(std::string(field.name_string()), std::string(field.value()));
  }
  request.body = std::move(impl_->body);
  split_target(request);
  return request;
}

}  // namespace roost::net
