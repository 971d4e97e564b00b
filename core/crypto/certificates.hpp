// X.509 certificates in PEM: what peers show each other on TLS links.
//
// A fleet has one CA. Each of its machines has a certificate that this CA signed
// itself (no intermediate) for the name `*`, for both ends of a link: libtorrent
// checks the name, and the CA is the boundary. Texts come out as OpenSSL writes
// them, so that equal certificates are equal texts. Pure but for reading files;
// any thread. Throws Error{usage} naming the file or origin, the cause and the remedy.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace roost::crypto {

inline constexpr std::size_t kMaxCertificate = 16UL * 1024;

// The one certificate in a PEM text, without what stands around it.
std::string certificate_pem(std::string_view text, std::string_view origin);

struct Credentials {
  std::string ca;    // PEM
  std::string cert;  // likewise
  std::string key;   // PEM, PKCS#8
};

struct CredentialFiles {
  std::filesystem::path ca, cert, key;
};

// Reads and checks all three: the key fits the certificate, and the CA signed it,
// for a TLS client and a TLS server, and it is valid now. A key file that group or
// others may read is refused.
Credentials load_credentials(const CredentialFiles& files);

}  // namespace roost::crypto
