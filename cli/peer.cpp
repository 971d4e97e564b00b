// roost peer --root DIR --tracker URL --trust KEYFILE.pub --follow NAME/CHANNEL...
#include <chrono>
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

std::int64_t unix_ms(std::chrono::system_clock::time_point moment) {
  using std::chrono::milliseconds;
  return std::chrono::duration_cast<milliseconds>(moment.time_since_epoch()).count();
}

void tell(Context& context, const peer::Delivered& delivered) {
  const auto sum = [&](auto member) { return delivered.received.sum(member); };
  using Stats = swarm::TransferStats;
  nlohmann::ordered_json fields{{"release", delivered.release.str()},
                                {"release_id", delivered.id.hex()},
                                {"offered_ms", unix_ms(delivered.offered)},
                                {"first_piece_ms", nullptr},
                                {"complete_ms", unix_ms(delivered.complete)},
                                {"staged_ms", unix_ms(delivered.staged)},
                                {"sync_s", delivered.sync.count()},
                                {"bytes_seeder", sum(&Stats::bytes_origin)},
                                {"bytes_peers", sum(&Stats::bytes_peers)},
                                {"bytes_redundant", sum(&Stats::bytes_redundant)},
                                {"bytes_failed", sum(&Stats::bytes_failed)},
                                {"reused", delivered.received.reused}};
  if (delivered.first_piece) fields["first_piece_ms"] = unix_ms(*delivered.first_piece);
  const auto& causes = delivered.received.causes;
  if (const auto cause = causes.largest()) {
    fields["bound_by"] = to_text(*cause);
    fields["shares"] = causes.shares();
  }
  context.out.item("staged", fields);
}

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
    config.on_staged = [&context](const auto& delivered) { tell(context, delivered); };
    config.on_activated = [&context](const release::ReleaseRef& release) {
      context.out.item("activated", {{"release", release.str()},
                                     {"at_ms", unix_ms(std::chrono::system_clock::now())}});
    };
    peer::Agent agent(std::move(config));
    context.out.item("ready", {{"node", agent.node_id()}, {"listen", agent.endpoint().str()}});
    context.out.note("node " + agent.node_id() + " accepts peers on " + agent.endpoint().str());
    agent.run(context.stop);
    context.out.result({{"node", agent.node_id()}});
    return 0;
  };
}

}  // namespace roost::cli
