#include "core/swarm/convert.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <libtorrent/address.hpp>
#include <libtorrent/error_code.hpp>
#include <limits>

#include "core/base/error.hpp"

namespace roost::swarm {
namespace lt = libtorrent;

lt::tcp::endpoint to_tcp(const Endpoint& endpoint) {
  lt::error_code error;
  const auto address = lt::make_address(endpoint.address, error);
  if (error) throw Error(Errc::usage, fmt::format("peer {}: not an address", endpoint.str()));
  return {address, endpoint.port};
}

Endpoint to_endpoint(const lt::tcp::endpoint& endpoint) {
  return {endpoint.address().to_string(), endpoint.port()};
}

int as_rate(std::uint64_t rate) noexcept {
  constexpr std::uint64_t kMost = std::numeric_limits<int>::max();
  return rate > kMost ? 0 : static_cast<int>(rate);
}

std::string printable(std::string text) {
  text.resize(std::min<std::size_t>(text.size(), 64));
  for (char& c : text) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return text;
}

}  // namespace roost::swarm
