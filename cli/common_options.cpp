#include "cli/common_options.hpp"

#include "core/crypto/certificates.hpp"

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

void PeerTlsOption::declare(Options& options) {
  options
      .value("peer-ca", ca, "FILE",
             "speaks TLS with peers, and only with those whose certificate this CA signed")
      .files();
  options.value("peer-cert", cert, "FILE", "this node's certificate for it, of the name *").files();
  options.value("peer-key", key, "FILE", "its secret key").files();
}

std::optional<swarm::PeerTls> PeerTlsOption::load() const {
  const auto given = ca.has_value() + cert.has_value() + key.has_value();
  if (given == 0) return std::nullopt;
  if (given != 3) {
    throw Error(Errc::usage,
                "read options: --peer-ca, --peer-cert and --peer-key are given together",
                "give all three for TLS between peers, or none");
  }
  auto read = crypto::load_credentials({*ca, *cert, *key});
  return swarm::PeerTls{std::move(read.ca), std::move(read.cert), std::move(read.key)};
}

void WithoutOption::declare(Options& options) {
  options
      .values("without", left_out, "PART",
              "leaves a part out of all that makes a delivery fast; the man page lists them")
      .measuring();
}

swarm::Parts WithoutOption::parts() const {
  swarm::Parts parts;
  for (const auto& each : left_out) parts.insert(each.part);
  return parts;
}

void SwarmOption::declare(Options& options) {
  options.value("listen", listen, "ADDR:PORT",
                "where peers connect; without it a free port, on loopback if the tracker is there");
  options.value("advertise", advertise, "ADDR:PORT",
                "what others are told to dial instead, behind NAT or with several addresses");
  options.value("upload-limit", upload_limit, "RATE", "such as 50Mbit or 6MiB; 0: none")
      .fallback("0");
  options.value("download-limit", download_limit, "RATE", "likewise").fallback("0");
  options.value("dscp", dscp, "N", "marks packets to peers, 0 to 63").fallback("0");
  tls.declare(options);
  without.declare(options);
}

swarm::SessionConfig SwarmOption::config(const net::Url& tracker, const Context& context) const {
  swarm::SessionConfig config;
  config.listen = listen.value_or(Endpoint{tracker.is_loopback() ? "127.0.0.1" : "0.0.0.0", 0});
  config.tls = tls.load();
  if (!config.tls) net::require_private_link(config.listen, context.insecure);
  config.advertise = advertise;
  config.upload_limit = upload_limit.bytes_a_second;
  config.download_limit = download_limit.bytes_a_second;
  if (dscp > 63) throw Error(Errc::usage, "read options: --dscp is at most 63");
  config.dscp = dscp;
  config.without = without.parts();
  return config;
}

}  // namespace roost::cli
