// Beast's HTTP parser with what Roost needs around it. Private to core/net's
// two readers; includes Beast.
//
// The body goes to a function as it comes: nothing is reserved on a peer's word
// and a stream can be read. The bound of the body is kept here, because an
// eager Beast 1.74 parser forgets that a Content-Length was over its limit when
// a byte of the body came with the header (basic_parser::put, case fields).
#pragma once

#include <utility>
// <utility> first: Boost 1.74's Asio needs std::exchange in C++20.
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/parser.hpp>
#include <functional>
#include <limits>
#include <string_view>

#include "core/net/http_message.hpp"

namespace roost::net {

struct BodySink {
  std::function<void(std::string_view)> take;
  std::uint64_t room = std::numeric_limits<std::uint64_t>::max();  // left of the bound
  bool began = false;
};

struct SinkBody {
  using value_type = BodySink;

  class reader {
   public:
    template <bool IsRequest, class Fields>
    reader(boost::beast::http::header<IsRequest, Fields>&, value_type& sink) : sink_(sink) {}

    void init(const boost::optional<std::uint64_t>&, boost::beast::error_code& error) {
      error = {};
    }

    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::beast::error_code& error) {
      error = {};
      std::size_t total = 0;
      for (const boost::asio::const_buffer part : boost::beast::buffers_range_ref(buffers)) {
        if (part.size() > sink_.room) {
          error = boost::beast::http::error::body_limit;
          return total;
        }
        sink_.room -= part.size();
        sink_.began = true;
        sink_.take(std::string_view(static_cast<const char*>(part.data()), part.size()));
        total += part.size();
      }
      return total;
    }

    void finish(boost::beast::error_code& error) { error = {}; }

   private:
    value_type& sink_;
  };
};

template <bool IsRequest>
class MessageParser {
 public:
  using Error = boost::beast::http::error;

  MessageParser(
      std::uint32_t max_header, std::uint64_t max_body,
      // It is moved from, which the check doesn't see in a template.
      std::function<void(std::string_view)> sink) {  // NOLINT(performance-unnecessary-value-param)
    parser_.header_limit(max_header);
    parser_.body_limit(std::numeric_limits<std::uint64_t>::max());
    parser_.get().body().take = std::move(sink);
    parser_.get().body().room = max_body;
  }

  // How much of bytes was used; need_more is no error here.
  std::size_t put(std::string_view bytes, boost::beast::error_code& error) {
    std::size_t used = 0;
    while (used < bytes.size() && !parser_.is_done()) {
      const auto rest = bytes.substr(used);
      if (awaits_first_chunk() && rest.size() < kShortestChunk) break;
      const bool had_header = parser_.is_header_done();
      const auto took = parser_.put(boost::asio::buffer(rest.data(), rest.size()), error);
      used += took;
      if (error == Error::need_more) error = {};
      if (error) return used;
      if (!had_header && parser_.is_header_done()) {
        if (parser_.content_length().value_or(0) > parser_.get().body().room) {
          error = Error::body_limit;
          return used;
        }
        parser_.eager(true);
      } else if (took == 0) {
        break;
      }
    }
    return used;
  }

  auto& beast() noexcept { return parser_; }
  const auto& beast() const noexcept { return parser_; }

  // Once there is a header.
  Headers headers() const {
    Headers out;
    for (const auto& field : parser_.get()) {
      out.add(std::string(field.name_string()), std::string(field.value()));
    }
    return out;
  }

 private:
  // "0\r\n\r\n"; the parser asserts that it sees all of it when it is the first.
  static constexpr std::size_t kShortestChunk = 5;

  bool awaits_first_chunk() const {
    return parser_.is_header_done() && parser_.chunked() && !parser_.get().body().began;
  }

  boost::beast::http::parser<IsRequest, SinkBody> parser_;
};

}  // namespace roost::net
