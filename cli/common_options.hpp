// Options that several subcommands share, so that they read and mean the same.
//
// Each struct is a target: declare() adds the option, the member functions give
// the value once options are parsed. Throws Error{usage}, and what reading a key does.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/crypto/keys.hpp"
#include "core/net/url.hpp"
#include "core/swarm/session.hpp"

namespace roost::cli {

// --tracker URL
struct TrackerOption {
  std::optional<net::Url> url;

  Option& declare(Options& options);
  // Refuses a plain link that leaves this machine unless the context allows it.
  const net::Url& get(const Context& context) const;
};

// --key FILE, "-" for stdin. ROOST_KEY may hold the PEM text itself.
struct KeyOption {
  std::string source;

  Option& declare(Options& options);
  crypto::SecretKey load() const;
};

// --trust FILE.pub..., at least one.
struct TrustOption {
  std::vector<std::filesystem::path> files;

  Option& declare(Options& options);
  std::vector<crypto::PublicKey> load() const;
};

// --root DIR
struct RootOption {
  std::filesystem::path dir;

  Option& declare(Options& options);
};

// --peer-ca, --peer-cert, --peer-key: TLS on the links to other peers, all three or none.
struct PeerTlsOption {
  std::optional<std::filesystem::path> ca, cert, key;

  void declare(Options& options);
  std::optional<swarm::PeerTls> load() const;  // reads and checks the files
};

// --without PART..., to measure what a part is worth.
struct WithoutOption {
  struct LeftOut {
    swarm::Part part;
    static LeftOut parse(std::string_view text) { return {swarm::parse_part(text)}; }
  };
  std::vector<LeftOut> left_out;

  void declare(Options& options);
  swarm::Parts parts() const;
};

// --listen, --advertise, --upload-limit, --download-limit, --dscp, PeerTlsOption and
// WithoutOption: this process among peers.
struct SwarmOption {
  std::optional<Endpoint> listen;
  std::optional<Endpoint> advertise;
  ByteRate upload_limit, download_limit;
  std::uint8_t dscp = 0;
  PeerTlsOption tls;
  WithoutOption without;

  void declare(Options& options);
  // Reads the certificate files. Without --listen: any free port, on loopback only if the tracker
  // is there.
  swarm::SessionConfig config(const net::Url& tracker, const Context& context) const;
};

}  // namespace roost::cli
