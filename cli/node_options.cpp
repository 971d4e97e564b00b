#include "cli/node_options.hpp"

#include "core/proto/report.hpp"

namespace roost::cli {

void NodeArgs::declare(Options& options) {
  root.declare(options);
  tracker.declare(options);
  trust.declare(options);
  swarm.declare(options);
  options.value("zone", zone, "ZONE", "the rack, datacentre or region this node is in");
}

peer::NodeConfig NodeArgs::config(const Context& context) const {
  if (!zone.empty() && !proto::is_zone(zone)) {
    throw Error(Errc::usage, "parse zone '" + zone + "': not a zone's name",
                "use at most 64 of A-Z a-z 0-9 . _ -");
  }
  const auto& url = tracker.get(context);
  return {.root = root.dir,
          .tracker = url,
          .trust = trust.load(),
          .zone = zone,
          .swarm = swarm.config(url, context),
          .stage = {},
          .retention = {}};
}

}  // namespace roost::cli
