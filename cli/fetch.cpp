// roost fetch NAME@VERSION|NAME/CHANNEL --root DIR --tracker URL --trust KEYFILE.pub
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/byte_sources.hpp"
#include "cli/node_options.hpp"
#include "cli/progress_view.hpp"
#include "peer/fetch.hpp"

namespace roost::cli {
namespace {

struct Args {
  NodeArgs node;
  std::string what;
  bool activate = false;
  std::chrono::milliseconds seed_for{0};
  std::optional<std::chrono::milliseconds> timeout;
};

std::variant<release::ReleaseRef, release::ChannelRef> parse_what(const std::string& text) {
  if (text.find('@') != std::string::npos) return release::ReleaseRef::parse(text);
  if (text.find('/') != std::string::npos) return release::ChannelRef::parse(text);
  throw Error(Errc::usage, "parse '" + text + "': neither NAME@VERSION nor NAME/CHANNEL",
              "write it like web@1.2.0 or web/prod");
}

void report(Context& context, const peer::FetchResult& result) {
  const double seconds = result.times.to_staged.count();
  const auto cause = result.causes.largest();
  const std::string bound_by(cause ? to_text(*cause) : "");
  context.out.line(fmt::format("{} {} {}{}", result.release.str(),
                               result.already_staged ? "was staged already at" : "staged at",
                               result.path, result.activated ? ", activated" : ""));
  if (!result.already_staged) {
    context.out.line(
        fmt::format("{}, in {} (syncs {}){}",
                    to_text(ByteSources{result.bytes_seeder, result.bytes_peers, result.reused}),
                    format_duration(result.times.to_staged), format_duration(result.times.sync),
                    cause ? ", bound by " + bound_by : ""));
  }
  context.out.result({{"release", result.release.str()},
                      {"release_id", result.id.hex()},
                      {"path", result.path},
                      {"already_staged", result.already_staged},
                      {"activated", result.activated},
                      {"bytes_seeder", result.bytes_seeder},
                      {"bytes_peers", result.bytes_peers},
                      {"reused", result.reused},
                      {"index_s", result.times.to_index.count()},
                      {"first_piece_s", result.times.to_first_piece.count()},
                      {"last_piece_s", result.times.to_last_piece.count()},
                      {"staged_s", seconds},
                      {"sync_s", result.times.sync.count()},
                      {"bound_by", bound_by},
                      {"shares", result.causes.shares()}});
}

}  // namespace

Run setup_fetch(Options& options) {
  auto args = std::make_shared<Args>();
  options.about(
      "Fetches one release, once: verifies, stages it under DIR/apps/NAME/releases, and with\n"
      "--activate switches DIR/apps/NAME/current to it. What an interrupted fetch had is kept,\n"
      "and what images of other releases in DIR hold is not fetched. Says how many bytes were\n"
      "received and how many reused, of which releases.");
  options.argument("RELEASE", args->what, "NAME@VERSION, or NAME/CHANNEL for what it names now")
      .required();
  args->node.declare(options);
  options.flag("activate", args->activate, "switch to it once it is staged");
  options.value("seed-for", args->seed_for, "TIME", "share it with others for so long afterwards")
      .fallback("0");
  options.value("timeout", args->timeout, "TIME", "give up (exit 7) if it is not staged by then");
  options.example(
      "roost fetch web@1.0.0 --root ./node --tracker http://127.0.0.1:7070 --trust key.pem.pub");
  options.example(
      "roost fetch web/prod --root ./node --tracker http://127.0.0.1:7070 --trust key.pem.pub "
      "--activate --timeout 10m");
  return [args](Context& context) {
    peer::FetchOptions fetch{.node = args->node.config(context),
                             .what = parse_what(args->what),
                             .activate = args->activate,
                             .seed_for = args->seed_for,
                             .timeout = args->timeout,
                             .progress = {}};
    ProgressView view(context.out.progress());
    fetch.progress = [&](const peer::VerifiedOffer& offer, const peer::DeliveryProgress& progress,
                         const peer::HoldingStats& stats) {
      const auto& descriptor = offer.descriptor();
      const auto& image = stats.image;
      view.update(0, {.label = descriptor.release.str(),
                      .phase = progress.staged ? "staged" : "fetching",
                      .done = std::min<std::uint64_t>(
                          std::uint64_t{image.pieces_have} * descriptor.image.piece_length,
                          descriptor.image.size),
                      .total = descriptor.image.size,
                      .rate = image.download_rate,
                      .note = image.stall_reason});
    };
    const auto result = peer::fetch(fetch, context.stop);
    view.finish();
    report(context, result);
    return 0;
  };
}

}  // namespace roost::cli
