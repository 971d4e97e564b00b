#include "cli/node_options.hpp"

namespace roost::cli {

void NodeArgs::declare(Options& options) {
  root.declare(options);
  tracker.declare(options);
  trust.declare(options);
  swarm.declare(options);
  options.value("zone", zone, "ZONE", "the rack, datacentre or region this node is in");
}

peer::NodeConfig NodeArgs::config(const Context& context) const {
  const auto& url = tracker.get(context);
  return {.root = root.dir,
          .tracker = url,
          .trust = trust.load(),
          .zone = zone.name,
          .swarm = swarm.config(url, context),
          .stage = {},
          .retention = {}};
}

}  // namespace roost::cli
