#include "core/base/digest.hpp"

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"

namespace roost {

std::string Sha256::hex() const {
  return to_hex(bytes);
}

Sha256 Sha256::parse(std::string_view hex) {
  Sha256 digest;
  if (!from_hex(hex, digest.bytes)) {
    throw Error(Errc::integrity, "parse SHA-256 '" + std::string(hex.substr(0, 80)) +
                                     "': not 64 lower-case hexadecimal digits");
  }
  return digest;
}

}  // namespace roost
