#include "cli/node_options.hpp"

#include "core/proto/report.hpp"

namespace roost::cli {

void declare(Options& options, NodeArgs& args) {
  options.value("root", args.root, "DIR", "the node's directory; made when missing")
      .required()
      .files();
  options.value("tracker", args.tracker, "URL", "the tracker, such as http://127.0.0.1:7070")
      .required();
  options.values("trust", args.trust, "KEYFILE.pub", "a key whose releases may run here; repeatable")
      .required()
      .files();
  options.value("zone", args.zone, "ZONE", "the rack, datacentre or region this node is in");
  options.value("listen", args.listen, "ADDR:PORT", "where peers connect; port 0 takes a free one")
      .fallback("0.0.0.0:0");
  options.value("advertise", args.advertise, "ADDR:PORT",
                "what other nodes are told to dial, behind NAT or with several addresses");
  options.value("upload-limit", args.upload_limit, "RATE", "to all peers together; 0: no limit")
      .fallback("0");
  options.value("download-limit", args.download_limit, "RATE", "from all peers; 0: no limit")
      .fallback("0");
  options.value("dscp", args.dscp, "0..63", "marks the packets for the network's queues")
      .fallback("0");
}

peer::NodeConfig node_config(const NodeArgs& args, const Context& context) {
  peer::NodeConfig config{.root = args.root,
                          .tracker = net::Url::parse(args.tracker),
                          .trust = {},
                          .zone = args.zone,
                          .swarm = {},
                          .stage = {},
                          .retention = {}};
  net::require_private_link(config.tracker, context.insecure);
  if (!args.zone.empty() && !proto::is_zone(args.zone)) {
    throw Error(Errc::usage, "parse zone '" + args.zone + "': not a zone's name",
                "use at most 64 of A-Z a-z 0-9 . _ -");
  }
  if (args.dscp > 63) {
    throw Error(Errc::usage, "parse dscp '" + std::to_string(args.dscp) + "': more than 63");
  }
  for (const auto& file : args.trust) config.trust.push_back(crypto::load_public_key(file));
  config.swarm.listen = args.listen;
  config.swarm.advertise = args.advertise;
  config.swarm.upload_limit = args.upload_limit.bytes_a_second;
  config.swarm.download_limit = args.download_limit.bytes_a_second;
  config.swarm.dscp = static_cast<std::uint8_t>(args.dscp);
  return config;
}

}  // namespace roost::cli
