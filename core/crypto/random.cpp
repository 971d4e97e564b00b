#include "core/crypto/random.hpp"

#include <sys/random.h>

#include <cerrno>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"

namespace roost::crypto {

void random_fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno("read random bytes");
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

std::string random_hex(std::size_t bytes) {
  Bytes raw(bytes);
  random_fill(raw);
  return to_hex(raw);
}

}  // namespace roost::crypto
