#include "core/crypto/keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.hpp"
#include "core/crypto/sha256.hpp"

namespace roost::crypto {
namespace {

using testing::HasSubstr;

// RFC 8032 section 7.1, test 2, wrapped as `openssl pkey` writes it.
constexpr const char* kSecretPem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
    "-----END PRIVATE KEY-----\n";
constexpr const char* kPublicRaw =
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
constexpr const char* kSignatureOf72 =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
constexpr const char* kRsaPublicPem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALRiMLAHudeSA1ai/lGzHkAfIS0q9P0Y\n"
    "ltIlNp0V1eLnVqN4T1OCF5eNJQsVRULDiYmRFoMr0XvGDTPZ6Dk7vZUCAwEAAQ==\n"
    "-----END PUBLIC KEY-----\n";
constexpr const char* kX25519SecretPem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VuBCIEIHcHbQpzGKV9PBbBclGyZkXfTC+H68CZKrF3+6UduSwq\n"
    "-----END PRIVATE KEY-----\n";

template <class F>
std::string usage_error(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::usage);
    return error.what();
  }
  return "no error";
}

TEST(SecretKey, SignsAsRfc8032Says) {
  const auto key = SecretKey::parse_pem(kSecretPem);
  EXPECT_EQ(to_hex(key.public_key().raw()), kPublicRaw);
  const std::uint8_t message[] = {0x72};
  EXPECT_EQ(to_hex(key.sign(message)), kSignatureOf72);
  EXPECT_TRUE(key.public_key().verify(message, key.sign(message)));
}

TEST(SecretKey, WritesThePemItReads) {
  EXPECT_EQ(SecretKey::parse_pem(kSecretPem).pem(), kSecretPem);
}

TEST(SecretKey, GeneratesAnotherEachTime) {
  EXPECT_NE(SecretKey::generate().public_key().id(), SecretKey::generate().public_key().id());
}

TEST(SecretKey, CanBeMoved) {
  auto first = SecretKey::generate();
  const auto id = first.public_key().id();
  SecretKey second = std::move(first);
  const std::uint8_t message[] = {1, 2, 3};
  EXPECT_TRUE(second.public_key().verify(message, second.sign(message)));
  EXPECT_EQ(second.public_key().id(), id);
}

TEST(PublicKey, IsNamedByTheHashOfItsRawBytes) {
  const auto key = SecretKey::parse_pem(kSecretPem).public_key();
  EXPECT_EQ(key.id(), sha256(key.raw()).hex());
  EXPECT_EQ(key.short_id(), key.id().substr(0, 8));
}

TEST(PublicKey, SurvivesPemAndRaw) {
  const auto key = SecretKey::generate().public_key();
  EXPECT_EQ(PublicKey::parse_pem(key.pem()), key);
  EXPECT_EQ(PublicKey::from_raw(key.raw()), key);
}

TEST(PublicKey, RefusesAnAlteredMessageOrSignature) {
  const auto key = SecretKey::generate();
  const std::uint8_t message[] = {1, 2, 3};
  const std::uint8_t other[] = {1, 2, 4};
  auto signature = key.sign(message);
  EXPECT_FALSE(key.public_key().verify(other, signature));
  signature[0] ^= 1;
  EXPECT_FALSE(key.public_key().verify(message, signature));
  EXPECT_FALSE(SecretKey::generate().public_key().verify(message, key.sign(message)));
}

TEST(PublicKey, RefusesRawBytesOfAnotherLength) {
  EXPECT_THROW(PublicKey::from_raw(Bytes(31)), Error);
  EXPECT_THROW(PublicKey::from_raw(Bytes(33)), Error);
}

TEST(KeyPem, NamesTheOriginAndTheCause) {
  const auto pair = SecretKey::generate();
  const auto secret = [](std::string_view pem) {
    return usage_error([&] { SecretKey::parse_pem(pem, "ci.key"); });
  };
  const auto open = [](std::string_view pem) {
    return usage_error([&] { PublicKey::parse_pem(pem, "ci.key.pub"); });
  };
  EXPECT_THAT(secret(pair.public_key().pem()), HasSubstr("ci.key: a public key where a secret"));
  EXPECT_THAT(open(pair.pem()), HasSubstr("ci.key.pub: a secret key where a public"));
  EXPECT_THAT(open(kRsaPublicPem), HasSubstr("RSA key where Ed25519 is needed"));
  EXPECT_THAT(secret(kX25519SecretPem), HasSubstr("X25519 key where Ed25519 is needed"));
  EXPECT_THAT(secret(""), HasSubstr("no PEM text"));
  EXPECT_THAT(secret("garbage"), HasSubstr("no PEM text"));
  EXPECT_THAT(secret("-----BEGIN "), HasSubstr("no PEM text"));
  EXPECT_THAT(open("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
              HasSubstr("holds a CERTIFICATE, not an Ed25519 public key"));
  EXPECT_THAT(secret("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END"),
              HasSubstr("the secret key is encrypted"));
  EXPECT_THAT(secret("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
              HasSubstr("holds no valid key"));
  EXPECT_THAT(secret(pair.pem() + pair.pem()), HasSubstr("more than one PEM block"));
  EXPECT_THAT(secret(std::string(70'000, 'x')), HasSubstr("longer than 64 KiB"));
}

}  // namespace
}  // namespace roost::crypto
