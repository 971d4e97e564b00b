// roost tracker --data DIR
#include "tracker/tracker.hpp"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/common_options.hpp"

namespace roost::cli {
namespace {

struct Args {
  std::filesystem::path data;
  Endpoint listen;
  std::vector<std::filesystem::path> trust;
  std::chrono::milliseconds announce_interval{};
  std::chrono::milliseconds node_lost_after{};
  WithoutOption without;
};

tracker::TrackerConfig config_of(const Args& args, const Context& context) {
  net::require_private_link(args.listen, context.insecure);
  tracker::TrackerConfig config;
  config.data = args.data;
  config.listen = args.listen;
  for (const auto& file : args.trust) config.trust.push_back(crypto::load_public_key(file));
  config.announce.interval =
      std::chrono::duration_cast<std::chrono::seconds>(args.announce_interval);
  config.node_lost_after = std::chrono::duration_cast<std::chrono::seconds>(args.node_lost_after);
  const auto without = args.without.parts();
  config.inline_index = !without.contains(swarm::Part::inline_index);
  if (without.contains(swarm::Part::degree_limit)) config.degrees = tracker::kFullMesh;
  return config;
}

int run(const Args& args, Context& context) {
  tracker::Tracker tracker(config_of(args, context));
  const auto url = "http://" + tracker.endpoint().str();
  context.out.line("tracker ready: " + url);
  context.out.item("ready", {{"url", url}});
  tracker.run(context.stop);
  context.out.result({{"url", url}});
  return 0;
}

}  // namespace

Run setup_tracker(Options& options) {
  auto args = std::make_shared<Args>();
  options.about(
      "Keeps the registry of releases and channels in DIR, tells nodes of new releases the\n"
      "moment they are published, and answers announces. SIGTERM lets calls under way end.");
  options.value("data", args->data, "DIR", "where the registry is kept; made when missing")
      .required()
      .files();
  options.value("listen", args->listen, "ADDR:PORT", "where it serves; port 0 is any free one")
      .fallback("127.0.0.1:7070");
  options
      .values("trust", args->trust, "FILE",
              "public key that may publish; without any, the first key of a name owns it")
      .files();
  options
      .value("announce-interval", args->announce_interval, "TIME",
             "how often BitTorrent clients announce")
      .fallback(fmt::format("{}s", tracker::AnnounceTiming{}.interval.count()));
  options.value("node-lost-after", args->node_lost_after, "TIME", "a silent node counts as gone")
      .fallback(fmt::format("{}s", tracker::TrackerConfig{}.node_lost_after.count()));
  args->without.declare(options);
  options.settings_file();
  options.log_level("info");
  options.example("roost tracker --data tracker-data --listen 127.0.0.1:0");
  return [args](Context& context) { return run(*args, context); };
}

}  // namespace roost::cli
