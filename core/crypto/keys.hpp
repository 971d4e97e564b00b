// Ed25519 keys (RFC 8032) as values, and the files that hold them.
//
// PEM is PKCS#8 for a secret key and SubjectPublicKeyInfo for a public one, as
// `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` write them. A
// SecretKey wipes its memory when it goes. What is no such PEM (another
// algorithm, a certificate, a secret where a public key belongs) is
// Error{usage} naming the origin and the cause. Thread-safe once constructed.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"

namespace roost::crypto {

using Signature = std::array<std::uint8_t, 64>;

class PublicKey {
 public:
  // origin names the text in errors: a file, a variable.
  static PublicKey parse_pem(std::string_view pem, std::string_view origin = "public key");

  // The 32 bytes of RFC 8032. Throws Error{integrity} when they are not 32.
  static PublicKey from_raw(BytesView raw);

  std::string pem() const;
  BytesView raw() const noexcept { return raw_; }

  // Hexadecimal SHA-256 of the raw bytes: the name of the key everywhere in Roost.
  const std::string& id() const noexcept { return id_; }
  std::string short_id() const { return id_.substr(0, 8); }

  bool verify(BytesView message, const Signature& signature) const;

  bool operator==(const PublicKey& other) const noexcept { return raw_ == other.raw_; }

 private:
  explicit PublicKey(const std::array<std::uint8_t, 32>& raw);
  std::array<std::uint8_t, 32> raw_{};
  std::string id_;
};

class SecretKey {
 public:
  static SecretKey generate();
  static SecretKey parse_pem(std::string_view pem, std::string_view origin = "secret key");

  SecretKey(SecretKey&& other) noexcept;
  SecretKey& operator=(SecretKey&& other) noexcept;
  ~SecretKey();

  std::string pem() const;  // wiping the text is the caller's work
  const PublicKey& public_key() const noexcept { return public_key_; }
  Signature sign(BytesView message) const;

 private:
  SecretKey(const std::array<std::uint8_t, 32>& seed, PublicKey public_key);
  std::array<std::uint8_t, 32> seed_{};
  PublicKey public_key_;
};

// Reads a secret key from a file, or from stdin when path is "-". A file that
// group or others may read is refused with Error{usage} and a chmod as help.
SecretKey load_secret_key(const std::filesystem::path& path);

PublicKey load_public_key(const std::filesystem::path& path);

// Writes path (0600) and path.pub (0644), both synced, and returns the public
// key's file name. Never overwrites: Error{conflict} when either is there, and
// then neither is changed.
std::filesystem::path write_key_pair(const std::filesystem::path& path, const SecretKey& key);

}  // namespace roost::crypto
