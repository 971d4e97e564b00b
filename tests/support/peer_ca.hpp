// A certificate authority of a test's own, and certificates of it, made with the
// openssl program as docs/protocol.md shows. Throws std::runtime_error with what
// openssl said.
#pragma once

#include <filesystem>
#include <string>

namespace roost::test {

struct PeerFiles {
  std::filesystem::path ca, cert, key;
};

class PeerCa {
 public:
  // Files lie in `dir`, which is made.
  explicit PeerCa(std::filesystem::path dir);

  const std::filesystem::path& dir() const noexcept { return dir_; }

  // One more certificate and key, NAME.pem and NAME.key. days: how long it is valid;
  // -1 is a certificate that expired yesterday.
  PeerFiles issue(const std::string& name, int days = 30,
                  const std::string& subject = "/CN=*") const;

 private:
  std::filesystem::path dir_;
};

}  // namespace roost::test
