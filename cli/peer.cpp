// roost peer --root DIR --tracker URL --trust KEYFILE.pub --follow NAME/CHANNEL...
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/node_options.hpp"
#include "peer/agent.hpp"

namespace roost::cli {
namespace {

struct Args {
  NodeArgs node;
  std::vector<release::ChannelRef> follow;
  bool stage_only = false;
};

}  // namespace

Run setup_peer(Options& options) {
  auto args = std::make_shared<Args>();
  options.about(
      "Keeps this machine at what its channels say: learns of a release by push, verifies,\n"
      "fetches it from its peers, stages and activates it, and passes it on. "
      "DIR/apps/NAME/current\n"
      "is the release that runs. Survives a lost tracker, crashes and full disks; runs until\n"
      "Ctrl-C or SIGTERM. Without --stage-only a node activates as soon as it has staged, so the\n"
      "whole fleet follows a channel's move within seconds.");
  args->node.declare(options);
  options.values("follow", args->follow, "NAME/CHANNEL", "a channel to follow; repeatable")
      .required();
  options.flag("stage-only", args->stage_only, "stage, but wait for 'roost activate'");
  options.settings_file();
  options.log_level("info");
  options.example(
      "roost peer --root ./node --tracker http://127.0.0.1:7070 --trust key.pem.pub --follow "
      "web/prod");
  options.example(
      "roost peer --root ./node --tracker http://127.0.0.1:7070 --trust key.pem.pub --follow "
      "web/prod --stage-only --upload-limit 50Mbit");
  return [args](Context& context) {
    peer::AgentConfig config{args->node.config(context), args->follow, args->stage_only};
    peer::Agent agent(std::move(config));
    context.out.item("ready", {{"node", agent.node_id()}, {"listen", agent.endpoint().str()}});
    context.out.note("node " + agent.node_id() + " accepts peers on " + agent.endpoint().str());
    agent.run(context.stop);
    context.out.result({{"node", agent.node_id()}});
    return 0;
  };
}

}  // namespace roost::cli
