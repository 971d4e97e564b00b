// roost releases, roost nodes: what a tracker knows.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/common_options.hpp"
#include "cli/tracker_tables.hpp"
#include "seeder/tracker_client.hpp"

namespace roost::cli {
namespace {

struct Args {
  TrackerOption tracker;
  std::optional<release::Name> name;
};

int run_releases(const Args& args, Context& context) {
  seeder::TrackerClient tracker(args.tracker.get(context), context.stop);
  const auto releases = tracker.releases(args.name);
  for (const auto& release : releases) context.out.item("release", release_json(release));
  if (releases.empty()) {
    context.out.note("nothing is published yet");
  } else {
    context.out.table(release_table(releases));
  }
  context.out.result({{"releases", releases.size()}});
  return 0;
}

int run_nodes(const Args& args, Context& context) {
  seeder::TrackerClient tracker(args.tracker.get(context), context.stop);
  const auto nodes = tracker.nodes();
  for (const auto& node : nodes) context.out.item("node", node_json(node));
  if (nodes.empty()) {
    context.out.note("no node was heard of yet");
  } else {
    context.out.table(node_table(nodes));
  }
  context.out.result({{"nodes", nodes.size()}});
  return 0;
}

}  // namespace

Run setup_releases(Options& options) {
  auto args = std::make_shared<Args>();
  options.argument("NAME", args->name, "only releases of this name");
  args->tracker.declare(options);
  options.example("roost releases --tracker http://127.0.0.1:7070");
  options.example("roost releases web --tracker http://127.0.0.1:7070 --json");
  return [args](Context& context) { return run_releases(*args, context); };
}

Run setup_nodes(Options& options) {
  auto args = std::make_shared<Args>();
  args->tracker.declare(options);
  options.example("roost nodes --tracker http://127.0.0.1:7070");
  return [args](Context& context) { return run_nodes(*args, context); };
}

}  // namespace roost::cli
