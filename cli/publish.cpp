// roost publish PATH --release NAME@VERSION --tracker URL --key FILE ...
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>

#include "cli/command.hpp"
#include "cli/common_options.hpp"
#include "cli/publish_view.hpp"
#include "cli/zone_option.hpp"
#include "seeder/publish.hpp"

namespace roost::cli {
namespace {

struct SeedTime {
  seeder::Goal goal;
  static SeedTime parse(std::string_view text) {
    if (text == "forever") return {seeder::Forever{}};
    return {seeder::SeedFor{parse_duration(text)}};
  }
};

struct Base {
  seeder::BaseChoice choice;
  static Base parse(std::string_view text) {
    if (text == "none") return {seeder::NoBase{}};
    return {release::ReleaseRef::parse(text)};
  }
};

struct Links {
  release::ExternalLinks links = release::ExternalLinks::refuse;
  static Links parse(std::string_view text) { return {release::parse_external_links(text)}; }
};

struct Args {
  std::string path;
  std::optional<release::ReleaseRef> release;
  TrackerOption tracker;
  KeyOption key;
  std::vector<release::Channel> channels;
  std::optional<std::uint32_t> copies;
  std::optional<SeedTime> seed_for;
  std::optional<net::Url> seeder;
  std::optional<Base> base;
  std::vector<std::string> excludes;
  Links links;
  bool no_patches = false;
  bool hybrid = false;
  bool dry_run = false;
  std::chrono::milliseconds timeout{};
  unsigned threads = 0;
  std::optional<std::filesystem::path> work_dir;
  std::string builder;
  SwarmOption swarm;
  Zone zone;
};

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

// reproducible-builds.org: a date that a build sets stands for the clock.
std::optional<std::int64_t> created_by_environment() {
  const char* text = std::getenv("SOURCE_DATE_EPOCH");
  if (text == nullptr || *text == '\0') return std::nullopt;
  std::int64_t seconds = 0;
  parse_into(text, seconds);
  return seconds;
}

void declare_what(Options& options, Args& args) {
  options.argument("PATH", args.path, "the tree to publish").required().files();
  options.value("release", args.release, "NAME@VERSION", "what it is called from now on")
      .required();
  args.tracker.declare(options);
  args.key.declare(options).is_required = false;  // a dry run signs nothing
  options.values("channel", args.channels, "CHANNEL", "moves NAME/CHANNEL to this release");
  options.value(
      "base", args.base, "NAME@VERSION",
      "a release most nodes have, or none; by default what the first --channel names now");
  options.flag("no-patches", args.no_patches, "makes no patches for nodes that have the base");
  options.values("exclude", args.excludes, "GLOB",
                 "leaves out what matches; with a / the path, else any name");
  options
      .value("external-links", args.links, "WHAT",
             "links that leave the tree: refuse, keep as they are, or omit")
      .fallback("refuse")
      .choices({"refuse", "keep", "omit"});
  options.flag("hybrid", args.hybrid, "adds BitTorrent v1 hashes for foreign clients");
  options.flag("dry-run", args.dry_run, "scans, packs, says what is new; registers nothing");
}

void declare_how(Options& options, Args& args) {
  options.value("copies", args.copies, "N", "seeds until N nodes have staged it");
  options.value("seed-for", args.seed_for, "TIME", "seeds for so long, or forever");
  options.value("seeder", args.seeder, "URL", "hands it to this seeder daemon instead");
  options.value("timeout", args.timeout, "TIME", "gives up after it").fallback("30m");
  options.value("threads", args.threads, "N", "threads that compress; 0: one per CPU")
      .fallback("0");
  options
      .value("work-dir", args.work_dir, "DIR",
             "where what is made is kept meanwhile; TMPDIR or /tmp if not given")
      .files();
  options.value("builder", args.builder, "TEXT",
                "who built it, for the descriptor; the host's name if not given");
  args.swarm.declare(options);
  options.value("zone", args.zone, "ZONE",
                "where this machine is: nodes of other zones fetch from it by few links");
}

seeder::Goal goal_of(const Args& args) {
  if (args.copies.has_value() + args.seed_for.has_value() + args.seeder.has_value() > 1) {
    throw Error(Errc::usage, "read options: --copies, --seed-for and --seeder exclude each other",
                "each says when to stop seeding; give one of them");
  }
  if (args.copies == 0U) throw Error(Errc::usage, "read options: --copies is at least 1");
  if (args.copies) return seeder::Staged{*args.copies};
  if (args.seed_for) return args.seed_for->goal;
  return seeder::Copies{};
}

seeder::PublishOptions options_of(const Args& args, const Context& context) {
  seeder::PublishOptions options{
      .path = args.path, .release = *args.release, .tracker = args.tracker.get(context)};
  options.channels = args.channels;
  options.goal = goal_of(args);
  options.seeder = args.seeder;
  if (args.seeder) net::require_private_link(*args.seeder, context.insecure);
  if (args.base) options.base = args.base->choice;
  options.patches = !args.no_patches;
  options.excludes = args.excludes;
  options.external_links = args.links.links;
  options.hybrid = args.hybrid;
  options.dry_run = args.dry_run;
  options.threads = args.threads;
  options.timeout = args.timeout;
  options.work_dir = args.work_dir.value_or(std::filesystem::path());
  options.swarm = args.swarm.config(options.tracker, context);
  options.zone = options.swarm.zone = args.zone.name;
  options.builder = args.builder.empty() ? host_name() : args.builder;
  options.created = created_by_environment();
  return options;
}

int run(const Args& args, Context& context) {
  const auto options = options_of(args, context);
  PublishView view(context.out, args.release->str());
  if (args.dry_run) {
    view.show_result(seeder::publish_dry(options, view, context.stop));
    return 0;
  }
  if (args.key.source.empty()) {
    throw Error(Errc::usage, "read options: --key is required",
                "`roost keygen --out FILE` makes one");
  }
  const auto key = args.key.load();
  view.show_result(seeder::publish(options, key, view, context.stop));
  return 0;
}

}  // namespace

Run setup_publish(Options& options) {
  auto args = std::make_shared<Args>();
  options.about(
      "Packs a file tree, signs and registers it under NAME@VERSION, moves channels to it, and\n"
      "seeds until two copies are out among the nodes (or as --copies, --seed-for or --seeder\n"
      "say). The same tree again is a success, another tree under the same name is refused.\n"
      "What its base (--base) lacks comes first in the image, so that nodes which have the base\n"
      "fetch little else; how much that is, is said before anything is registered. If somebody\n"
      "who has the base is up, nodes get patches against it, which are smaller still.");
  declare_what(options, *args);
  declare_how(options, *args);
  options.settings_file();
  const std::string start = "roost publish ./build-output --tracker http://127.0.0.1:7070 ";
  options.example(start + "--release web@1.1.0 --key key.pem --channel prod --seed-for 2s");
  options.example(start + "--release web@1.2.0 --key key.pem --exclude '*.map' --seed-for 2s");
  options.example(start + "--release web@1.3.0 --channel prod --dry-run --json");
  return [args](Context& context) { return run(*args, context); };
}

}  // namespace roost::cli
