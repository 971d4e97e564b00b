// A method that is made of other people's programs: what runs where.
//
// A Rival says it, ScriptedMethod runs it. Scripts are bash with pipefail, each in its
// host's directory. A node's script ends with `staged`, a shell function that says
// "done", syncs what came, and says "staged"; content is expected as ./blob.bin or in
// ./tree, which is there. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/fanout/servers.hpp"
#include "bench/results/run.hpp"

namespace roost::bench {

class Rival {
 public:
  virtual ~Rival() = default;
  virtual void prepare() {}                   // what is on the hosts' disks before all else
  virtual std::vector<Server> servers() = 0;  // that run before the instant; writes their files
  virtual std::string node(std::size_t node) = 0;
  virtual std::string seeder() { return {}; }  // started at the instant, as the nodes are
  // From what the first node's script has printed; 0: not known yet.
  virtual std::uint64_t wire_bytes(const std::string& first_node_out) = 0;
  // What is known of the bytes of a node whose script has ended well, by what that printed.
  virtual void account(std::size_t /*node*/, const std::string& /*node_out*/,
                       NodeRun& /*run*/) const {}
};

}  // namespace roost::bench
