#include "core/release/chunker.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "core/crypto/sha256.hpp"

namespace roost::release {
namespace {

using Gear = std::array<std::uint64_t, 256>;

// One random-looking word a byte value: the first 8 bytes, big-endian, of the SHA-256 of that
// byte. Nobody need copy a table to write another implementation.
Gear make_gear() {
  Gear gear{};
  for (unsigned value = 0; value < gear.size(); ++value) {
    const auto byte = static_cast<std::uint8_t>(value);
    const Sha256 digest = crypto::sha256(BytesView(&byte, 1));
    for (int i = 0; i < 8; ++i) gear[value] = gear[value] << 8 | digest.bytes[std::size_t(i)];
  }
  return gear;
}

const Gear& gear() {
  static const Gear table = make_gear();
  return table;
}

constexpr std::size_t kWindow = 64;  // a byte leaves the 64-bit hash after so many shifts
constexpr unsigned kNormalisation = 2;

}  // namespace

std::size_t next_cut(BytesView bytes, const ChunkSizes& sizes) noexcept {
  const std::size_t end = std::min<std::size_t>(bytes.size(), sizes.max);
  if (end <= sizes.min) return end;
  const Gear& table = gear();
  const auto bits = static_cast<unsigned>(std::countr_zero(sizes.average));
  // A cut needs more zero bits before the middle than after, so that lengths gather
  // around it. The high bits depend on the whole window.
  const unsigned strict = 64 - (bits + kNormalisation);
  const unsigned lenient = 64 - (bits - kNormalisation);
  std::uint64_t hash = 0;
  std::size_t at = sizes.min - std::min<std::size_t>(sizes.min, kWindow);
  for (; at < sizes.min; ++at) hash = (hash << 1) + table[bytes[at]];
  const std::size_t middle = std::min<std::size_t>(end, sizes.middle());
  for (; at < middle; ++at) {
    hash = (hash << 1) + table[bytes[at]];
    if (hash >> strict == 0) return at + 1;
  }
  for (; at < end; ++at) {
    hash = (hash << 1) + table[bytes[at]];
    if (hash >> lenient == 0) return at + 1;
  }
  return end;
}

}  // namespace roost::release
