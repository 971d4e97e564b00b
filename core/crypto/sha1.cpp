#include "core/crypto/sha1.hpp"

#include <fcntl.h>
#include <openssl/evp.h>

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/fd.hpp"

namespace roost::crypto {
namespace {

// Up to out.size() bytes; fewer only at the end of the file.
std::size_t read_full(int fd, std::span<std::uint8_t> out, const std::string& name) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const ssize_t got = ::read(fd, out.data() + filled, out.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno("read " + name);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

}  // namespace

Sha1 sha1(BytesView bytes) {
  Sha1 digest;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1) {
    throw Error(Errc::failed, "compute SHA-1: OpenSSL refused");
  }
  return digest;
}

Bytes sha1_pieces(const std::filesystem::path& file, std::uint32_t piece_length) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw_errno("open " + file.string());
  Bytes pieces;
  Bytes piece(piece_length);
  while (true) {
    const auto size = read_full(fd.get(), piece, file.string());
    if (size == 0) return pieces;
    const auto digest = sha1(BytesView(piece).first(size));
    pieces.insert(pieces.end(), digest.begin(), digest.end());
    if (size < piece.size()) return pieces;
  }
}

}  // namespace roost::crypto
