#include "core/crypto/sha256.hpp"

#include <openssl/evp.h>

#include "core/base/error.hpp"

namespace roost::crypto {
namespace {

// Fetched once: OpenSSL 3's implicit fetch costs more than hashing a small block.
const EVP_MD* algorithm() {
  static EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  return fetched;
}

void check(int ok) {
  if (ok != 1) throw Error(Errc::failed, "compute SHA-256: OpenSSL refused");
}

}  // namespace

struct Sha256Hasher::Impl {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { EVP_MD_CTX_free(context); }
};

Sha256Hasher::Sha256Hasher() : impl_(std::make_unique<Impl>()) {
  check(EVP_DigestInit_ex2(impl_->context, algorithm(), nullptr));
}
Sha256Hasher::~Sha256Hasher() = default;
Sha256Hasher::Sha256Hasher(Sha256Hasher&&) noexcept = default;
Sha256Hasher& Sha256Hasher::operator=(Sha256Hasher&&) noexcept = default;

void Sha256Hasher::update(BytesView bytes) {
  check(EVP_DigestUpdate(impl_->context, bytes.data(), bytes.size()));
}

Sha256 Sha256Hasher::finish() {
  Sha256 digest;
  check(EVP_DigestFinal_ex(impl_->context, digest.bytes.data(), nullptr));
  check(EVP_DigestInit_ex2(impl_->context, algorithm(), nullptr));
  return digest;
}

Sha256 sha256(BytesView bytes) {
  thread_local Sha256Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

}  // namespace roost::crypto
