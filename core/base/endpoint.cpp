#include "core/base/endpoint.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <optional>
#include <utility>

#include "core/base/error.hpp"

namespace roost {
namespace {

// The one way to write that address, or nothing when it is none.
std::optional<std::string> canonical(const std::string& text, int family) {
  in6_addr raw{};
  char out[INET6_ADDRSTRLEN];
  if (text.find('\0') != std::string::npos || ::inet_pton(family, text.c_str(), &raw) != 1 ||
      ::inet_ntop(family, &raw, out, sizeof out) == nullptr) {
    return std::nullopt;
  }
  return out;
}

}  // namespace

Endpoint Endpoint::parse(std::string_view text) {
  const auto fail = [&](const char* why) {
    return Error(Errc::usage, "parse address '" + std::string(text) + "': " + why,
                 "write ADDRESS:PORT, such as 127.0.0.1:7070 or [::1]:0");
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) throw fail("no port");
  auto address = text.substr(0, colon);
  const auto port_text = text.substr(colon + 1);
  const bool bracketed = address.size() > 2 && address.front() == '[' && address.back() == ']';
  if (bracketed) address = address.substr(1, address.size() - 2);

  auto literal = canonical(std::string(address), bracketed ? AF_INET6 : AF_INET);
  if (!literal) throw fail("not an IP address");
  Endpoint endpoint{std::move(*literal), 0};
  const auto* end = port_text.data() + port_text.size();
  const auto [stop, error] = std::from_chars(port_text.data(), end, endpoint.port);
  if (error != std::errc{} || stop != end) throw fail("the port is not a number from 0 to 65535");
  return endpoint;
}

std::string Endpoint::str() const {
  const bool v6 = address.find(':') != std::string::npos;
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

bool Endpoint::is_loopback() const noexcept {
  return address == "::1" || address.starts_with("127.");
}

bool Endpoint::is_any() const noexcept {
  return address == "0.0.0.0" || address == "::";
}

}  // namespace roost
