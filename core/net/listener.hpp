// Listening and accepted TCP sockets by plain system calls, since Asio 1.74
// opens descriptors that a child process would inherit. Private to core/net.
#pragma once

#include "core/base/endpoint.hpp"
#include "core/base/fd.hpp"

namespace roost::net {

// Non-blocking, close-on-exec, SO_REUSEADDR. Throws Error{conflict} when the
// port is in use, naming the address.
UniqueFd open_listener(const Endpoint& where);

Endpoint local_endpoint_of(int fd);

struct Accepted {
  UniqueFd fd;      // none: error says why
  Endpoint remote;  // an IPv4 client of an IPv6 listener shows as IPv4
  int error = 0;
};

Accepted accept_from(int listener);

}  // namespace roost::net
