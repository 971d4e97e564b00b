#include "cli/common_options.hpp"

namespace roost::cli {

Option& TrackerOption::declare(Options& options) {
  return options.value("tracker", url, "URL", "the tracker, such as http://127.0.0.1:7070")
      .required();
}

const net::Url& TrackerOption::get(const Context& context) const {
  net::require_private_link(*url, context.insecure);
  return *url;
}

Option& KeyOption::declare(Options& options) {
  return options
      .value("key", source, "FILE",
             "secret key that signs; - reads stdin, and the "
             "variable may hold the key itself")
      .required()
      .files();
}

crypto::SecretKey KeyOption::load() const {
  if (source.starts_with("-----BEGIN")) return crypto::SecretKey::parse_pem(source, "ROOST_KEY");
  return crypto::load_secret_key(source);
}

Option& TrustOption::declare(Options& options) {
  return options.values("trust", files, "FILE", "public key whose releases are accepted")
      .required()
      .files();
}

std::vector<crypto::PublicKey> TrustOption::load() const {
  std::vector<crypto::PublicKey> keys;
  for (const auto& file : files) keys.push_back(crypto::load_public_key(file));
  return keys;
}

Option& RootOption::declare(Options& options) {
  return options.value("root", dir, "DIR", "the node's directory").required().files();
}

}  // namespace roost::cli
