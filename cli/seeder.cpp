// roost seeder --data DIR --tracker URL
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "cli/common_options.hpp"
#include "cli/zone_option.hpp"
#include "seeder/seeder_daemon.hpp"

namespace roost::cli {
namespace {

struct Args {
  std::filesystem::path data;
  TrackerOption tracker;
  Endpoint api;
  SwarmOption swarm;
  Zone zone;
  std::chrono::milliseconds check_every{};
};

seeder::SeederConfig config_of(const Args& args, const Context& context) {
  seeder::SeederConfig config{.data = args.data, .tracker = args.tracker.get(context)};
  config.api = args.api;
  net::require_private_link(config.api, context.insecure);
  config.swarm = args.swarm.config(config.tracker, context);
  config.swarm.zone = args.zone.name;
  config.check_every = args.check_every;
  return config;
}

int run(const Args& args, Context& context) {
  seeder::SeederDaemon daemon(config_of(args, context));
  const auto api = daemon.api_endpoint().str();
  const auto swarm = daemon.swarm_endpoint().str();
  context.out.line(fmt::format("seeder ready: API http://{}, peers {}", api, swarm));
  context.out.item("ready", {{"api", "http://" + api}, {"listen", swarm}});
  daemon.run(context.stop);
  context.out.result({{"api", "http://" + api}, {"listen", swarm}});
  return 0;
}

}  // namespace

Run setup_seeder(Options& options) {
  auto args = std::make_shared<Args>();
  options.about(
      "Takes releases over from publishers (roost publish --seeder URL) and seeds them until\n"
      "they are unpublished. What it has survives a restart.");
  options.value("data", args->data, "DIR", "where index and image of each release are kept")
      .required()
      .files();
  args->tracker.declare(options);
  options.value("api", args->api, "ADDR:PORT", "where publishers hand over")
      .fallback("127.0.0.1:7071");
  args->swarm.declare(options);
  options.value("zone", args->zone, "ZONE",
                "where this machine is: nodes of other zones fetch from it by few links");
  options.value("check-every", args->check_every, "TIME", "looks for unpublished releases")
      .fallback("30s");
  options.settings_file();
  options.log_level("info");
  options.example("roost seeder --data seeder-data --tracker http://127.0.0.1:7070");
  return [args](Context& context) { return run(*args, context); };
}

}  // namespace roost::cli
