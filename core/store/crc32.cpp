#include "core/store/crc32.hpp"

#include <array>

namespace roost::store {
namespace {

constexpr auto kTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0xEDB88320U : 0);
    table[i] = value;
  }
  return table;
}();

}  // namespace

std::uint32_t crc32(BytesView bytes) noexcept {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const auto byte : bytes) crc = (crc >> 8) ^ kTable[(crc ^ byte) & 0xFFU];
  return ~crc;
}

}  // namespace roost::store
