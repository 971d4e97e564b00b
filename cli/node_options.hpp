// Options that `roost peer` and `roost fetch` share, and the configuration they make.
#pragma once

#include "cli/common_options.hpp"
#include "cli/zone_option.hpp"
#include "peer/node.hpp"

namespace roost::cli {

struct NodeArgs {
  RootOption root;
  TrackerOption tracker;
  TrustOption trust;
  SwarmOption swarm;
  Zone zone;

  void declare(Options& options);

  // Reads the key files. Throws Error{usage}, also for a plain link outside loopback.
  peer::NodeConfig config(const Context& context) const;
};

}  // namespace roost::cli
