// A SHA-256 digest as a value (FIPS 180-4). Computing one is core/crypto's work.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

namespace roost {

struct Sha256 {
  std::array<std::uint8_t, 32> bytes{};

  // 64 lower-case hexadecimal digits.
  std::string hex() const;

  // Throws Error{integrity} naming the text when it is not 64 lower-case hexadecimal digits.
  static Sha256 parse(std::string_view hex);

  auto operator<=>(const Sha256&) const = default;
};

}  // namespace roost

template <>
struct std::hash<roost::Sha256> {
  std::size_t operator()(const roost::Sha256& digest) const noexcept {
    std::size_t value;  // a digest's bytes are already uniform
    std::memcpy(&value, digest.bytes.data(), sizeof value);
    return value;
  }
};
