#include "core/crypto/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

#include "core/base/error.hpp"
#include "core/base/freed_by.hpp"
#include "core/crypto/key_text.hpp"

namespace roost::crypto {
namespace {

using Bio = std::unique_ptr<BIO, FreedBy<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, FreedBy<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;
using Store = std::unique_ptr<X509_STORE, FreedBy<X509_STORE_free>>;
using Check = std::unique_ptr<X509_STORE_CTX, FreedBy<X509_STORE_CTX_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, FreedBy<GENERAL_NAMES_free>>;

constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";

[[noreturn]] void refuse(std::string_view origin, const std::string& why, const std::string& help) {
  throw Error(Errc::usage, "read certificate from " + std::string(origin) + ": " + why, help);
}

Bio reader(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string take_text(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

// Never asks the terminal for a pass phrase.
int no_pass_phrase(char*, int, int, void*) {
  return -1;
}

Certificate parse(std::string_view text, std::string_view origin) {
  if (text.size() > kMaxCertificate) refuse(origin, "longer than 16 KiB", "");
  const auto begin = text.find(kBegin);
  if (begin == std::string_view::npos) {
    refuse(origin, "no certificate in PEM", "give the certificate as `openssl x509` writes it");
  }
  if (text.find(kBegin, begin + 1) != std::string_view::npos) {
    refuse(origin, "holds more than one certificate",
           "one CA signs the certificates of all peers itself; chains are not supported");
  }
  Certificate certificate(PEM_read_bio_X509(reader(text).get(), nullptr, no_pass_phrase, nullptr));
  if (!certificate) {
    refuse(origin, "the PEM block holds no valid certificate", "make or copy it again");
  }
  return certificate;
}

std::string pem_of(const Certificate& certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(bio.get(), certificate.get()) != 1) {
    throw Error(Errc::failed, "write certificate: OpenSSL refused");
  }
  return take_text(bio);
}

bool is_star(const ASN1_STRING* text) {
  return ASN1_STRING_length(text) == 1 && *ASN1_STRING_get0_data(text) == '*';
}

// As libtorrent looks for it: any DNS name, or the last common name.
bool names_star(X509* certificate) {
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS && is_star(name->d.dNSName)) return true;
  }
  const X509_NAME* subject = X509_get_subject_name(certificate);
  int last = -1;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) last = at;
  return last >= 0 && is_star(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
}

// 0, or the first thing that does not hold (an X509_V_ERR).
int verify(X509* ca, X509* certificate, const char* purpose) {
  const Store store(X509_STORE_new());
  const Check check(X509_STORE_CTX_new());
  if (!store || !check || X509_STORE_add_cert(store.get(), ca) != 1 ||
      X509_STORE_CTX_init(check.get(), store.get(), certificate, nullptr) != 1 ||
      X509_STORE_CTX_set_default(check.get(), purpose) != 1) {
    throw Error(Errc::failed, "verify certificate: OpenSSL refused");
  }
  if (X509_verify_cert(check.get()) == 1) return X509_V_OK;
  const int error = X509_STORE_CTX_get_error(check.get());
  return error == X509_V_OK ? X509_V_ERR_UNSPECIFIED : error;
}

void check_signed(X509* ca, X509* certificate, const CredentialFiles& files) {
  for (const char* purpose : {"ssl_client", "ssl_server"}) {
    const int error = verify(ca, certificate, purpose);
    if (error == X509_V_OK) continue;
    const auto& cert = files.cert.string();
    const auto& by = files.ca.string();
    switch (error) {
      case X509_V_ERR_CERT_HAS_EXPIRED:
        if (X509_cmp_current_time(X509_get0_notAfter(ca)) < 0) {
          refuse(by, "it has expired", "make a new CA, and new certificates for every peer");
        }
        refuse(cert, "it has expired", "have the CA sign a new one");
      case X509_V_ERR_CERT_NOT_YET_VALID:
        refuse(cert, "it is not valid yet", "check this machine's clock");
      case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
      case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        refuse(cert, "it is not signed by the CA in " + by,
               "give the CA that signed it, or have this CA sign it");
      default:
        refuse(cert,
               "it doesn't stand up to the CA in " + by + " as a " + purpose +
                   " certificate: " + X509_verify_cert_error_string(error),
               "make CA and certificate as docs/protocol.md shows");
    }
  }
}

Key parse_key(std::string_view text, const std::string& origin) {
  Key key(PEM_read_bio_PrivateKey(reader(text).get(), nullptr, no_pass_phrase, nullptr));
  if (key) return key;
  const bool encrypted = text.find("ENCRYPTED") != std::string_view::npos;
  throw Error(Errc::usage,
              "read key from " + origin + ": " +
                  (encrypted ? "the secret key is encrypted" : "no secret key in PEM"),
              encrypted ? "openssl pkey -in FILE -out PLAIN writes it without a pass phrase"
                        : "give the key that belongs to --peer-cert");
}

}  // namespace

std::string certificate_pem(std::string_view text, std::string_view origin) {
  return pem_of(parse(text, origin));
}

Credentials load_credentials(const CredentialFiles& files) {
  std::string text;
  read_public_file(files.ca, text);
  const auto ca = parse(text, files.ca.string());
  read_public_file(files.cert, text);
  const auto certificate = parse(text, files.cert.string());
  SecretText secret;
  read_secret_file(files.key, secret);
  const auto key = parse_key(secret.text, files.key.string());
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    throw Error(Errc::usage,
                "read key from " + files.key.string() + ": it doesn't fit the certificate in " +
                    files.cert.string(),
                "--peer-key is the key that the certificate was made for");
  }
  if (X509_check_ca(ca.get()) == 0) {
    refuse(files.ca.string(), "it is no CA's certificate",
           "--peer-ca is the certificate that signed --peer-cert");
  }
  check_signed(ca.get(), certificate.get(), files);
  if (!names_star(certificate.get())) {
    refuse(files.cert.string(), "its name is not '*'",
           "peers accept certificates with the common name * only");
  }
  const Bio bio(BIO_new(BIO_s_secmem()));
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
      1) {
    throw Error(Errc::failed, "write key: OpenSSL refused");
  }
  return {pem_of(ca), pem_of(certificate), take_text(bio)};
}

}  // namespace roost::crypto
