// Where a peer accepts BitTorrent connections, in the form trackers send it
// (BEP 23: 4 + 2 bytes; BEP 7: 16 + 2 bytes). An immutable value.
//
// An IPv4 address that arrived mapped into IPv6 (::ffff:a.b.c.d) is IPv4, so
// that one peer is never two.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/endpoint.hpp"

namespace roost::tracker {

class PeerAddress {
 public:
  PeerAddress() = default;

  static PeerAddress from(const Endpoint& endpoint);  // throws Error{usage} for a bad literal
  static std::optional<PeerAddress> parse(std::string_view literal, std::uint16_t port);

  Endpoint endpoint() const;
  bool v6() const noexcept { return v6_; }
  std::uint16_t port() const noexcept;
  BytesView compact() const noexcept { return {bytes_.data(), v6_ ? 18U : 6U}; }
  bool usable() const noexcept;  // neither 0.0.0.0, ::, nor port 0

  auto operator<=>(const PeerAddress&) const = default;

 private:
  std::array<std::uint8_t, 18> bytes_{};  // address, then port, in network order
  bool v6_ = false;

  friend struct std::hash<PeerAddress>;
};

}  // namespace roost::tracker

template <>
struct std::hash<roost::tracker::PeerAddress> {
  std::size_t operator()(const roost::tracker::PeerAddress& address) const noexcept;
};
