#include "core/net/request_reader.hpp"

#include <algorithm>
#include <limits>

#include "core/net/message_parser.hpp"

namespace roost::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

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
  Impl(std::uint32_t max_header, std::uint64_t max_body)
      : parser(max_header, max_body, [this](std::string_view part) { body += part; }) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::string body;
  MessageParser<true> parser;
};

RequestReader::RequestReader(Limits limits) {
  constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();
  impl_ = std::make_unique<Impl>(static_cast<std::uint32_t>(std::min(limits.header, kMost)),
                                 limits.body);
}

RequestReader::~RequestReader() = default;

std::size_t RequestReader::feed(std::string_view bytes) {
  beast::error_code error;
  const auto used = impl_->parser.put(bytes, error);
  if (error) throw refused(error);
  if (has_header() && !is_done() && bytes.size() - used > kMaxUnparsed) {
    throw Refused(400, "a chunk's header is larger than allowed");
  }
  return used;
}

bool RequestReader::has_header() const noexcept {
  return impl_->parser.beast().is_header_done();
}

bool RequestReader::is_done() const noexcept {
  return impl_->parser.beast().is_done();
}

bool RequestReader::expects_continue() const {
  const auto& header = impl_->parser.beast().get();
  return header.version() >= 11 && beast::iequals(header[http::field::expect], "100-continue");
}

bool RequestReader::keep_alive() const {
  return impl_->parser.beast().keep_alive();
}

Request RequestReader::take() {
  const auto& header = impl_->parser.beast().get();
  Request request;
  request.method = std::string(header.method_string());
  request.target = std::string(header.target());
  request.headers = impl_->parser.headers();
  request.body = std::move(impl_->body);
  split_target(request);
  return request;
}

}  // namespace roost::net
