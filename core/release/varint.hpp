// Reading and writing the index's numbers: LEB128 varints and little-endian words.
// The reader checks every bound and throws Error{integrity}; overlong varints are
// refused, so that each number has one form. Messages begin with what is read.
// Private to core/release.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/digest.hpp"
#include "core/base/error.hpp"

namespace roost::release {

inline void put_varint(Bytes& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<std::uint8_t>(value));
}

inline void put_u32(Bytes& out, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

inline void put_bytes(Bytes& out, BytesView bytes) {
  // Not insert(): g++ 12 sees an overflow there that is none.
  const std::size_t end = out.size();
  out.resize(end + bytes.size());
  std::copy(bytes.begin(), bytes.end(), out.begin() + static_cast<std::ptrdiff_t>(end));
}

// Small magnitudes of both signs become small numbers: 0, -1, 1, -2 -> 0, 1, 2, 3.
constexpr std::uint64_t zigzag(std::int64_t value) noexcept {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) noexcept {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

class ByteReader {
 public:
  explicit ByteReader(BytesView bytes, const char* what = "read index") noexcept
      : bytes_(bytes), what_(what) {}

  std::size_t left() const noexcept { return bytes_.size(); }

  BytesView take(std::size_t length) {
    if (length > bytes_.size()) refuse("it is truncated");
    const auto part = bytes_.first(length);
    bytes_ = bytes_.subspan(length);
    return part;
  }

  std::uint8_t u8() { return take(1)[0]; }

  std::uint32_t u32() {
    const auto part = take(4);
    return static_cast<std::uint32_t>(part[0]) | static_cast<std::uint32_t>(part[1]) << 8 |
           static_cast<std::uint32_t>(part[2]) << 16 | static_cast<std::uint32_t>(part[3]) << 24;
  }

  std::uint64_t u64() {
    const std::uint64_t low = u32();
    return low | std::uint64_t{u32()} << 32;
  }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = u8();
      if (shift == 63 && byte > 1) break;
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) {
        if (byte == 0 && shift > 0) break;
        return value;
      }
    }
    refuse("a number is not well-formed");
  }

  // A varint of at most `limit`.
  std::uint64_t varint(std::uint64_t limit) {
    const std::uint64_t value = varint();
    if (value > limit) refuse("a number is out of bounds");
    return value;
  }

  Sha256 digest() {
    Sha256 result;
    const auto part = take(result.bytes.size());
    std::copy(part.begin(), part.end(), result.bytes.begin());
    return result;
  }

 private:
  [[noreturn]] void refuse(const char* why) const {
    throw Error(Errc::integrity, std::string(what_) + ": " + why);
  }

  BytesView bytes_;
  const char* what_;
};

}  // namespace roost::release
