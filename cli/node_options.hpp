// Options that `roost peer` and `roost fetch` share, and the configuration they make.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "peer/node.hpp"

namespace roost::cli {

struct NodeArgs {
  std::filesystem::path root;
  std::string tracker;
  std::vector<std::filesystem::path> trust;
  std::string zone;
  Endpoint listen{"0.0.0.0", 0};
  std::optional<Endpoint> advertise;
  ByteRate upload_limit, download_limit;
  unsigned dscp = 0;
};

void declare(Options& options, NodeArgs& args);

// Reads the key files. Throws Error{usage}, also for a plain link outside loopback.
peer::NodeConfig node_config(const NodeArgs& args, const Context& context);

}  // namespace roost::cli
