#include "tests/support/peer_ca.hpp"

#include <chrono>
#include <stdexcept>
#include <vector>

#include "core/base/process.hpp"

namespace roost::test {
namespace {

void openssl(const std::vector<std::string>& args) {
  ChildOptions options;
  options.argv = {"openssl"};
  options.argv.insert(options.argv.end(), args.begin(), args.end());
  const auto ran = run_child(options, Deadline::in(std::chrono::seconds(30)));
  if (ran.exit.status != 0) throw std::runtime_error("openssl " + args.front() + ": " + ran.err);
}

}  // namespace

PeerCa::PeerCa(std::filesystem::path dir) : dir_(std::move(dir)) {
  std::filesystem::create_directories(dir_);
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc",
           "-keyout", dir_ / "ca.key", "-out", dir_ / "ca.pem", "-days", "3650", "-subj",
           "/CN=peers"});
}

PeerFiles PeerCa::issue(const std::string& name, int days, const std::string& subject) const {
  const PeerFiles files{dir_ / "ca.pem", dir_ / (name + ".pem"), dir_ / (name + ".key")};
  const auto request = dir_ / (name + ".csr");
  openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc",
           "-keyout", files.key, "-out", request, "-subj", subject});
  openssl({"x509", "-req", "-in", request, "-CA", files.ca, "-CAkey", dir_ / "ca.key", "-days",
           std::to_string(days), "-out", files.cert});
  return files;
}

}  // namespace roost::test
