// Small conversions between Roost's values and libtorrent's. Private to core/swarm.
#pragma once

#include <utility>

#include <libtorrent/socket.hpp>
#include <string>

#include "core/base/endpoint.hpp"

namespace roost::swarm {

libtorrent::tcp::endpoint to_tcp(const Endpoint& endpoint);  // throws Error{usage}
Endpoint to_endpoint(const libtorrent::tcp::endpoint& endpoint);

// Rates beyond an int are as good as unlimited, and 0 is that.
int as_rate(std::uint64_t rate) noexcept;

// Untrusted text from a peer, for a person to read: short and plain ASCII.
std::string printable(std::string text);

}  // namespace roost::swarm
