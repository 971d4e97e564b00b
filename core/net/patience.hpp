// How long one blocking call may last: until its deadline or a stop request.
//
// Private to core/net. Every wait of the client goes through wait(), which
// sleeps in poll() on the socket and on an eventfd that the stop token's
// callback writes, so a stop request ends it at once. One call, one thread.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "core/base/deadline.hpp"
#include "core/base/error.hpp"
#include "core/base/fd.hpp"

namespace roost::net {

class Patience {
 public:
  // subject begins every error's text: "GET http://127.0.0.1:7070/v1/nodes".
  Patience(std::string subject, Deadline deadline, std::stop_token stop);

  // Waits until fd is ready for events (of poll) and returns true, or false at
  // the deadline or at limit, whichever is first. Throws Error{interrupted}.
  bool wait(int fd, short events, Deadline limit = Deadline::never());

  // The same, where the deadline is an Error{deadline}.
  void require(int fd, short events);

  bool expired() const noexcept { return deadline_.expired(); }
  Error error(Errc code, const std::string& cause) const;
  Error out_of_time() const;

  // Runs f; an Error that leaves it gets the subject in front.
  template <class F>
  void name_errors(F&& f) const {
    try {
      f();
    } catch (const Error& cause) {
      throw error(cause.code(), cause.what());
    }
  }

 private:
  std::string subject_;
  Deadline deadline_;
  std::stop_token stop_;
  UniqueFd wake_;
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

}  // namespace roost::net
