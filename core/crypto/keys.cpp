#include "core/crypto/keys.hpp"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

#include "core/base/error.hpp"
#include "core/base/freed_by.hpp"
#include "core/crypto/random.hpp"
#include "core/crypto/sha256.hpp"

namespace roost::crypto {
namespace {

using Raw = std::array<std::uint8_t, 32>;

using Key = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;
using Context = std::unique_ptr<EVP_MD_CTX, FreedBy<EVP_MD_CTX_free>>;
using Bio = std::unique_ptr<BIO, FreedBy<BIO_free_all>>;

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kSecretLabel = "PRIVATE KEY";
constexpr std::string_view kPublicLabel = "PUBLIC KEY";

[[noreturn]] void refuse(std::string_view origin, const std::string& why) {
  throw Error(Errc::usage, "read key from " + std::string(origin) + ": " + why,
              "roost keygen --out KEYFILE makes a key pair");
}

// The label of the one PEM block in text, which OpenSSL's own messages never name.
std::string_view label_of(std::string_view pem, std::string_view origin) {
  const auto start = pem.find(kBegin);
  if (start == std::string_view::npos) refuse(origin, "no PEM text");
  const auto label = pem.substr(start + kBegin.size());
  const auto end = label.find("-----");
  if (end > 60) refuse(origin, "no PEM text");
  if (label.find(kBegin) != std::string_view::npos) refuse(origin, "holds more than one PEM block");
  return label.substr(0, end);
}

void check_label(std::string_view pem, std::string_view wanted, std::string_view origin) {
  const auto label = label_of(pem, origin);
  if (label == wanted) return;
  const bool want_secret = wanted == kSecretLabel;
  if (label == kSecretLabel) refuse(origin, "a secret key where a public key is needed");
  if (label == kPublicLabel) refuse(origin, "a public key where a secret key is needed");
  if (label == "ENCRYPTED PRIVATE KEY") refuse(origin, "the secret key is encrypted");
  refuse(origin, "holds a " + std::string(label) + ", not an Ed25519 " +
                     (want_secret ? "secret key" : "public key"));
}

// Never asks the terminal for a pass phrase.
int no_pass_phrase(char*, int, int, void*) {
  return -1;
}

void check_algorithm(const Key& key, std::string_view origin) {
  if (!key) refuse(origin, "the PEM block holds no valid key");
  if (EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    const char* name = EVP_PKEY_get0_type_name(key.get());
    refuse(origin,
           std::string(name != nullptr ? name : "unknown") + " key where Ed25519 is needed");
  }
}

Bio reader(std::string_view text, std::string_view origin) {
  if (text.size() > 64UL * 1024) refuse(origin, "longer than 64 KiB");
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string take_text(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

void check(int ok, const char* what) {
  if (ok != 1) throw Error(Errc::failed, std::string(what) + ": OpenSSL refused");
}

Key secret_key(const Raw& seed) {
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  check(key ? 1 : 0, "load Ed25519 key");
  return key;
}

Raw raw_public(const Key& key) {
  Raw raw{};
  std::size_t size = raw.size();
  check(EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &size), "derive Ed25519 public key");
  return raw;
}

}  // namespace

PublicKey::PublicKey(const Raw& raw) : raw_(raw), id_(sha256(raw).hex()) {}

PublicKey PublicKey::from_raw(BytesView raw) {
  Raw bytes{};
  if (raw.size() != bytes.size()) {
    throw Error(Errc::integrity,
                "read public key: " + std::to_string(raw.size()) + " bytes where Ed25519 has 32");
  }
  std::copy(raw.begin(), raw.end(), bytes.begin());
  return PublicKey(bytes);
}

PublicKey PublicKey::parse_pem(std::string_view pem, std::string_view origin) {
  const Bio bio = reader(pem, origin);
  check_label(pem, kPublicLabel, origin);
  const Key key(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_pass_phrase, nullptr));
  check_algorithm(key, origin);
  return PublicKey(raw_public(key));
}

std::string PublicKey::pem() const {
  const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw_.data(), raw_.size()));
  const Bio bio(BIO_new(BIO_s_mem()));
  check(PEM_write_bio_PUBKEY(bio.get(), key.get()), "write public key");
  return take_text(bio);
}

bool PublicKey::verify(BytesView message, const Signature& signature) const {
  const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw_.data(), raw_.size()));
  const Context context(EVP_MD_CTX_new());
  if (!key || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1) {
    return false;
  }
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

SecretKey::SecretKey(const Raw& seed, PublicKey public_key)
    : seed_(seed), public_key_(std::move(public_key)) {}

SecretKey::SecretKey(SecretKey&& other) noexcept
    : seed_(other.seed_), public_key_(std::move(other.public_key_)) {
  OPENSSL_cleanse(other.seed_.data(), other.seed_.size());
}

SecretKey& SecretKey::operator=(SecretKey&& other) noexcept {
  if (this == &other) return *this;
  seed_ = other.seed_;
  public_key_ = std::move(other.public_key_);
  OPENSSL_cleanse(other.seed_.data(), other.seed_.size());
  return *this;
}

SecretKey::~SecretKey() {
  OPENSSL_cleanse(seed_.data(), seed_.size());
}

SecretKey SecretKey::generate() {
  Raw seed{};
  random_fill(seed);
  SecretKey key(seed, PublicKey::from_raw(raw_public(secret_key(seed))));
  OPENSSL_cleanse(seed.data(), seed.size());
  return key;
}

SecretKey SecretKey::parse_pem(std::string_view pem, std::string_view origin) {
  const Bio bio = reader(pem, origin);
  check_label(pem, kSecretLabel, origin);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr));
  check_algorithm(key, origin);
  Raw seed{};
  std::size_t size = seed.size();
  check(EVP_PKEY_get_raw_private_key(key.get(), seed.data(), &size), "read Ed25519 key");
  SecretKey result(seed, PublicKey::from_raw(raw_public(key)));
  OPENSSL_cleanse(seed.data(), seed.size());
  return result;
}

std::string SecretKey::pem() const {
  const Key key = secret_key(seed_);
  const Bio bio(BIO_new(BIO_s_secmem()));
  check(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr),
        "write secret key");
  return take_text(bio);
}

Signature SecretKey::sign(BytesView message) const {
  const Key key = secret_key(seed_);
  const Context context(EVP_MD_CTX_new());
  Signature signature{};
  std::size_t size = signature.size();
  check(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()), "sign");
  check(EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()),
        "sign");
  return signature;
}

}  // namespace roost::crypto
