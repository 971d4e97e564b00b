#include "core/net/response_reader.hpp"

#include <limits>
#include <string>

#include "core/base/error.hpp"
#include "core/net/message_parser.hpp"

namespace roost::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::uint32_t kMaxHeader = 64U << 10;
constexpr std::uint64_t kUnbounded = std::numeric_limits<std::uint64_t>::max();

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
  std::unique_ptr<MessageParser<false>> parser;
  std::string pending;  // bytes that the parser can't use without more
  bool began = false;

  void renew() {
    parser = std::make_unique<MessageParser<false>>(kMaxHeader,
                                                    limits.max_body.value_or(kUnbounded), sink);
    parser->beast().skip(limits.head);
  }

  // 100 Continue and its like come before the answer proper.
  bool is_interim() const {
    return parser->beast().is_done() && parser->beast().get().result_int() / 100 == 1;
  }
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
  for (bool again = true; again;) {
    beast::error_code error;
    self.pending.erase(0, self.parser->put(self.pending, error));
    if (error) throw not_http(error);
    again = self.is_interim();
    if (again) self.renew();
  }
}

void ResponseReader::feed_eof() {
  auto& parser = impl_->parser->beast();
  if (parser.is_done()) return;
  beast::error_code error = http::error::partial_message;
  if (parser.got_some()) parser.put_eof(error);
  if (error) throw Error(Errc::unavailable, "the connection closed early");
}

bool ResponseReader::began() const noexcept {
  return impl_->began;
}

bool ResponseReader::has_header() const noexcept {
  return impl_->parser->beast().is_header_done() && !impl_->is_interim();
}

bool ResponseReader::is_done() const noexcept {
  return impl_->parser->beast().is_done();
}

bool ResponseReader::may_reuse() const noexcept {
  const auto& parser = impl_->parser->beast();
  return parser.is_done() && parser.keep_alive() && impl_->pending.empty();
}

int ResponseReader::status() const {
  return static_cast<int>(impl_->parser->beast().get().result_int());
}

Headers ResponseReader::headers() const {
  return impl_->parser->headers();
}

}  // namespace roost::net
