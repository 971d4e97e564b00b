// SHA-256 over OpenSSL's EVP (hardware-accelerated where the CPU can).
#pragma once

#include <memory>

#include "core/base/bytes.hpp"
#include "core/base/digest.hpp"

namespace roost::crypto {

Sha256 sha256(BytesView bytes);

// Incremental form. One thread at a time; reusable after finish().
class Sha256Hasher {
 public:
  Sha256Hasher();
  ~Sha256Hasher();
  Sha256Hasher(Sha256Hasher&&) noexcept;
  Sha256Hasher& operator=(Sha256Hasher&&) noexcept;

  void update(BytesView bytes);
  Sha256 finish();  // the digest of all since construction or the last finish()

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roost::crypto
