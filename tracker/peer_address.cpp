#include "tracker/peer_address.hpp"

#include <arpa/inet.h>

#include <cstring>

#include "core/base/error.hpp"

namespace roost::tracker {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::optional<PeerAddress> PeerAddress::parse(std::string_view literal, std::uint16_t port) {
  char text[INET6_ADDRSTRLEN] = {};
  if (literal.size() >= sizeof text) return std::nullopt;
  std::memcpy(text, literal.data(), literal.size());

  PeerAddress result;
  std::size_t length = 4;
  std::array<std::uint8_t, 16> raw{};
  if (std::memchr(text, ':', literal.size()) != nullptr) {
    if (::inet_pton(AF_INET6, text, raw.data()) != 1) return std::nullopt;
    if (std::memcmp(raw.data(), kMapped.data(), kMapped.size()) == 0) {
      std::memcpy(result.bytes_.data(), raw.data() + kMapped.size(), 4);
    } else {
      result.bytes_ = {};
      std::memcpy(result.bytes_.data(), raw.data(), raw.size());
      result.v6_ = true;
      length = 16;
    }
  } else if (::inet_pton(AF_INET, text, result.bytes_.data()) != 1) {
    return std::nullopt;
  }
  result.bytes_[length] = static_cast<std::uint8_t>(port >> 8);
  result.bytes_[length + 1] = static_cast<std::uint8_t>(port & 0xff);
  return result;
}

PeerAddress PeerAddress::from(const Endpoint& endpoint) {
  const auto parsed = parse(endpoint.address, endpoint.port);
  if (!parsed) throw Error(Errc::usage, "read address '" + endpoint.address + "': not an IP");
  return *parsed;
}

Endpoint PeerAddress::endpoint() const {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(v6_ ? AF_INET6 : AF_INET, bytes_.data(), text, sizeof text);
  return {text, port()};
}

std::uint16_t PeerAddress::port() const noexcept {
  const std::size_t at = v6_ ? 16 : 4;
  return static_cast<std::uint16_t>(bytes_[at] << 8 | bytes_[at + 1]);
}

bool PeerAddress::usable() const noexcept {
  if (port() == 0) return false;
  const std::size_t length = v6_ ? 16 : 4;
  for (std::size_t i = 0; i < length; ++i) {
    if (bytes_[i] != 0) return true;
  }
  return false;
}

}  // namespace roost::tracker

std::size_t std::hash<roost::tracker::PeerAddress>::operator()(
    const roost::tracker::PeerAddress& address) const noexcept {
  return std::hash<std::string_view>{}(
      {reinterpret_cast<const char*>(address.bytes_.data()), address.bytes_.size()});
}
