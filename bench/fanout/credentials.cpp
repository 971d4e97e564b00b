#include "bench/fanout/credentials.hpp"

#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/process.hpp"

namespace roost::bench {
namespace {

using Words = std::vector<std::string>;

void make_certificate(const Words& more) {
  ChildOptions openssl;
  openssl.argv = {
      "openssl", "req",   "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
      "-noenc",  "-days", "1"};
  openssl.argv.insert(openssl.argv.end(), more.begin(), more.end());
  const auto done = run_child(openssl, Deadline::in(std::chrono::seconds(30)));
  if (done.exit.status != 0) throw Error(Errc::failed, "make a certificate: " + done.err);
}

}  // namespace

PeerCredentials make_credentials(const std::filesystem::path& directory) {
  PeerCredentials made{directory / "ca.pem", directory / "peer.pem", directory / "peer.key"};
  const auto ca_key = directory / "ca.key";
  make_certificate(
      {"-keyout", ca_key.string(), "-out", made.ca.string(), "-subj", "/CN=roost bench"});
  make_certificate({"-keyout", made.key.string(), "-out", made.cert.string(), "-subj", "/CN=*",
                    "-CA", made.ca.string(), "-CAkey", ca_key.string(), "-addext",
                    "subjectAltName=DNS:*", "-addext", "basicConstraints=CA:FALSE"});
  return made;
}

}  // namespace roost::bench
