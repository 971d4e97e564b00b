#include "core/crypto/base64.hpp"

#include <array>
#include <cstdint>

#include "core/base/error.hpp"

namespace roost::crypto {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kInvalid = 64;

constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kInvalid);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

std::uint32_t value_of(char c) {
  const auto value = kValues[static_cast<std::uint8_t>(c)];
  if (value == kInvalid) throw Error(Errc::integrity, "decode base64: a character outside it");
  return value;
}

}  // namespace

std::string base64_encode(BytesView bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < have ? bytes[i + k] : 0U);
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= have ? kAlphabet[group >> (18 - 6 * k) & 63U] : '=';
    }
  }
  return out;
}

Bytes base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) {
    throw Error(Errc::integrity, "decode base64: the length is no multiple of four");
  }
  Bytes out;
  out.reserve(text.size() / 4 * 3);
  while (!text.empty()) {
    const auto group_text = text.substr(0, 4);
    text.remove_prefix(4);
    std::size_t padding = 0;
    if (text.empty()) padding = group_text[3] != '=' ? 0 : group_text[2] != '=' ? 1 : 2;
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      group = group << 6 | (k < 4 - padding ? value_of(group_text[k]) : 0U);
    }
    if ((group & ((1U << (8 * padding)) - 1)) != 0) {
      throw Error(Errc::integrity, "decode base64: bits after the last byte");
    }
    for (std::size_t k = 0; k < 3 - padding; ++k) {
      out.push_back(static_cast<std::uint8_t>(group >> (16 - 8 * k)));
    }
  }
  return out;
}

}  // namespace roost::crypto
