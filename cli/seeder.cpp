// roost seeder --data DIR --tracker URL
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "cli/common_options.hpp"
#include "seeder/seeder_daemon.hpp"

namespace roost::cli {
namespace {

struct Args {
  std::filesystem::path data;
  TrackerOption tracker;
  Endpoint listen;
  Endpoint api;
  std::optional<Endpoint> advertise;
  ByteRate upload_limit, download_limit;
  std::uint8_t dscp = 0;
  std::chrono::milliseconds check_every{};
};

seeder::SeederConfig config_of(const Args& args, const Context& context) {
  seeder::SeederConfig config{.data = args.data, .tracker = args.tracker.get(context)};
  config.api = args.api;
  config.swarm.listen = args.listen;
  net::require_private_link(config.api, context.insecure);
  net::require_private_link(config.swarm.listen, context.insecure);
  config.swarm.advertise = args.advertise;
  config.swarm.upload_limit = args.upload_limit.bytes_a_second;
  config.swarm.download_limit = args.download_limit.bytes_a_second;
  if (args.dscp > 63) throw Error(Errc::usage, "read options: --dscp is at most 63");
  config.swarm.dscp = args.dscp;
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
  options.value("listen", args->listen, "ADDR:PORT", "where nodes fetch from")
      .fallback("127.0.0.1:0");
  options.value("api", args->api, "ADDR:PORT", "where publishers hand over")
      .fallback("127.0.0.1:7071");
  options.value("advertise", args->advertise, "ADDR:PORT", "what nodes are told to dial instead");
  options.value("upload-limit", args->upload_limit, "RATE", "such as 500Mbit or 60MiB; 0: none")
      .fallback("0");
  options.value("download-limit", args->download_limit, "RATE", "likewise").fallback("0");
  options.value("dscp", args->dscp, "N", "marks packets to nodes, 0 to 63").fallback("0");
  options.value("check-every", args->check_every, "TIME", "looks for unpublished releases")
      .fallback("30s");
  options.settings_file();
  options.log_level("info");
  options.example("roost seeder --data seeder-data --tracker http://127.0.0.1:7070");
  return [args](Context& context) { return run(*args, context); };
}

}  // namespace roost::cli
