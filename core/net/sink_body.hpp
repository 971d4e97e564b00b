// A Beast body type that hands each run of body bytes to a function, so that
// nothing is reserved on a peer's word and a stream can be read as it comes.
// Private to core/net's two parsers; includes Beast.
#pragma once

#include <utility>
// <utility> first: Boost 1.74's Asio needs std::exchange in C++20.
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/parser.hpp>
#include <functional>
#include <string_view>

namespace roost::net {

struct SinkBody {
  using value_type = std::function<void(std::string_view)>;

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
        sink_(std::string_view(static_cast<const char*>(part.data()), part.size()));
        total += part.size();
      }
      return total;
    }

    void finish(boost::beast::error_code& error) { error = {}; }

   private:
    value_type& sink_;
  };
};

}  // namespace roost::net
