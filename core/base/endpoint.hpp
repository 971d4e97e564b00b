// An IP address and a port, as a person writes them: 10.0.0.7:7070, [::1]:0.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace roost {

struct Endpoint {
  std::string address;  // a literal, without brackets; parse() writes it canonically
  std::uint16_t port = 0;

  // Throws Error{usage} naming the text. Host names are not accepted: an
  // address to bind or to hand to peers must not depend on a resolver.
  static Endpoint parse(std::string_view text);

  std::string str() const;  // IPv6 in brackets
  bool is_loopback() const noexcept;
  bool is_any() const noexcept;  // 0.0.0.0 or ::

  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace roost
