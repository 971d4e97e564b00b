// roost promote NAME@VERSION CHANNEL, roost unpublish NAME@VERSION
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "cli/common_options.hpp"
#include "seeder/statements.hpp"

namespace roost::cli {
namespace {

struct Args {
  std::optional<release::ReleaseRef> release;
  std::optional<release::Channel> channel;
  TrackerOption tracker;
  KeyOption key;
};

int run_promote(const Args& args, Context& context) {
  seeder::TrackerClient tracker(args.tracker.get(context), context.stop);
  const auto promotion = seeder::promote(tracker, args.key.load(), *args.release, *args.channel);
  const auto& info = promotion.channel;
  context.out.line(fmt::format("{} {} {} (version {})", info.channel.str(),
                               promotion.moved ? "names" : "named already", args.release->str(),
                               info.state.version));
  context.out.result({{"channel", info.channel.str()},
                      {"release", args.release->str()},
                      {"release_id", info.state.release_id.hex()},
                      {"version", info.state.version},
                      {"moved", promotion.moved}});
  return 0;
}

int run_unpublish(const Args& args, Context& context) {
  seeder::TrackerClient tracker(args.tracker.get(context), context.stop);
  const auto id = seeder::unpublish(tracker, args.key.load(), *args.release);
  context.out.line(fmt::format("{} ({}) is unpublished; nodes that run it go on",
                               args.release->str(), id.short_hex()));
  context.out.result({{"release", args.release->str()}, {"release_id", id.hex()}});
  return 0;
}

}  // namespace

Run setup_promote(Options& options) {
  auto args = std::make_shared<Args>();
  options.about(
      "Moves NAME/CHANNEL to a release that is registered already: forward, or back to an\n"
      "older one. The nodes that follow it are told at once.");
  options.argument("NAME@VERSION", args->release, "the release").required();
  options.argument("CHANNEL", args->channel, "the channel, without its name").required();
  args->tracker.declare(options);
  args->key.declare(options);
  options.example("roost promote web@1.0.0 canary --tracker http://127.0.0.1:7070 --key key.pem");
  return [args](Context& context) { return run_promote(*args, context); };
}

Run setup_unpublish(Options& options) {
  auto args = std::make_shared<Args>();
  options.about(
      "Withdraws a release that no channel names: nobody fetches it any more, and its version\n"
      "is never used again. Nodes that have it keep it.");
  options.argument("NAME@VERSION", args->release, "the release").required();
  args->tracker.declare(options);
  args->key.declare(options);
  options.example("roost unpublish --help");
  return [args](Context& context) { return run_unpublish(*args, context); };
}

}  // namespace roost::cli
