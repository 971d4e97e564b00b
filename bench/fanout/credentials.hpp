// A certificate authority for one run, and one certificate `*` that all its peers share.
//
// Made with the openssl program: ECDSA P-256, valid for a day. Throws Error{failed}
// with what openssl says.
#pragma once

#include <filesystem>

namespace roost::bench {

struct PeerCredentials {
  std::filesystem::path ca, cert, key;
};

PeerCredentials make_credentials(const std::filesystem::path& directory);

}  // namespace roost::bench
