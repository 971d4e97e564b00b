// The way to the I/O thread from anywhere, also after the server has gone.
// Private to core/net; includes Asio.
#pragma once

#include <utility>
// <utility> first: Boost 1.74's Asio needs std::exchange in C++20.
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "core/base/guarded.hpp"

namespace roost::net {

class Mailbox {
 public:
  explicit Mailbox(boost::asio::io_context& io) : io_(&io) {}

  // Runs f on the I/O thread; drops it when the server has gone.
  template <class F>
  void post(F&& f) {
    io_.with([&](boost::asio::io_context* io) {
      if (io != nullptr) boost::asio::post(*io, std::forward<F>(f));
    });
  }

  void close() {
    io_.with([](boost::asio::io_context*& io) { io = nullptr; });
  }

 private:
  Guarded<boost::asio::io_context*> io_;
};

}  // namespace roost::net
