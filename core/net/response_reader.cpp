#include "core/net/response_reader.hpp"

#include <string>

#include "core/base/error.hpp"
#include "core/net/sink_body.hpp"

namespace roost::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::uint32_t kMaxHeader = 64U << 10;

using Parser = http::response_parser<SinkBody>;

Error not_http(const beast::error_code& error) {
  if (error == http::error::body_limit) {
    return Error(Errc::integrity, "the response is larger than allowed");
  }
  return Error(Errc::integrity, "read response: " + error.message());
}

}  // namespace

struct ResponseReader::Impl {
  Limits limits;
  Sink sink;
  std::unique_ptr<Parser> parser;
  std::string pending;  // bytes that the parser can't use without more
  bool began = false;

  void renew() {
    parser = std::make_unique<Parser>();
    parser->get().body() = sink;
    parser->header_limit(kMaxHeader);
    parser->eager(true);
    parser->skip(limits.head);
    if (limits.max_body) {
      parser->body_limit(*limits.max_body);
    } else {
      parser->body_limit(boost::none);
    }
  }

  // 100 Continue and its like come before the answer proper.
  bool is_interim() const { return parser->is_done() && parser->get().result_int() / 100 == 1; }
};

ResponseReader::ResponseReader(Limits limits, Sink sink) : impl_(std::make_unique<Impl>()) {
  impl_->limits = limits;
  impl_->sink = std::move(sink);
  impl_->renew();
}

ResponseReader::~ResponseReader() = default;

void ResponseReader::feed(std::string_view bytes) {
  auto& self = *impl_;
  if (bytes.empty()) return;
  self.began = true;
  self.pending += bytes;
  std::size_t used = 0;
  while (used < self.pending.size() && !self.parser->is_done()) {
    beast::error_code error;
    const auto took = self.parser->put(
        boost::asio::buffer(self.pending.data() + used, self.pending.size() - used), error);
    used += took;
    if (error && error != http::error::need_more) throw not_http(error);
    if (self.is_interim()) {
      self.renew();
    } else if (took == 0) {
      break;
    }
  }
  self.pending.erase(0, used);
}

void ResponseReader::feed_eof() {
  if (impl_->parser->is_done()) return;
  beast::error_code error;
  impl_->parser->put_eof(error);
  if (error) throw Error(Errc::unavailable, "the connection closed early");
}

bool ResponseReader::began() const noexcept {
  return impl_->began;
}

bool ResponseReader::has_header() const noexcept {
  return impl_->parser->is_header_done() && !impl_->is_interim();
}

bool ResponseReader::is_done() const noexcept {
  return impl_->parser->is_done();
}

bool ResponseReader::may_reuse() const noexcept {
  const auto& parser = *impl_->parser;
  return parser.is_done() && parser.keep_alive() && impl_->pending.empty();
}

int ResponseReader::status() const {
  return static_cast<int>(impl_->parser->get().result_int());
}

Headers ResponseReader::headers() const {
  Headers out;
  for (const auto& field : impl_->parser->get()) {
    out.add(std::string(field.name_string()), std::string(field.value()));
  }
  return out;
}

}  // namespace roost::net
