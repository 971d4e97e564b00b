// roost status: of one node (--root) or of a fleet (--tracker).
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "cli/byte_sources.hpp"
#include "cli/common_options.hpp"
#include "cli/tracker_tables.hpp"
#include "core/base/units.hpp"
#include "peer/command.hpp"
#include "seeder/tracker_client.hpp"

namespace roost::cli {
namespace {

using nlohmann::ordered_json;

struct Args {
  std::optional<release::Name> name;
  std::filesystem::path root;
  TrackerOption tracker;
  bool watch = false;
};

std::string text_or(const ordered_json& value, const std::string& otherwise) {
  return value.is_string() ? value.get<std::string>() : otherwise;
}

ByteSources sources_of(const ordered_json& transfer) {
  return {transfer.value("bytes_seeder", std::uint64_t{0}),
          transfer.value("bytes_peers", std::uint64_t{0}),
          transfer.value("reused", std::map<std::string, std::uint64_t>{})};
}

// "web@2: fetching 43%, 5.9 MiB/s, received 1.3 MiB (0.2 MiB from seeders), reused 9.1 MiB of
// web@1, bound by seeder 92%", of a transfer in a daemon's answer.
std::string transfer_line(const ordered_json& transfer) {
  auto line =
      transfer.at("release").get<std::string>() + ": " + transfer.at("state").get<std::string>();
  const auto number = [&](const char* field) { return transfer.value(field, std::uint64_t{0}); };
  if (transfer.at("state") == "fetching") {
    if (const auto total = number("pieces_total"); total > 0) {
      line += fmt::format(" {}%", number("pieces") * 100 / total);
    }
    if (number("rate") > 0) line += ", " + format_size(number("rate")) + "/s";
  }
  if (const auto sources = sources_of(transfer); !sources.empty()) line += ", " + to_text(sources);
  const auto cause = transfer.value("bound_by", "");
  if (!cause.empty()) {
    line += fmt::format(", bound by {} {:.0f}%", cause,
                        transfer.at("shares").at(cause).get<double>() * 100);
  }
  const auto reason = transfer.value("reason", "");
  return reason.empty() ? line : line + ": " + reason;
}

// What a running daemon does, or did and can tell how: the rest is in the table.
void show_transfers(const ordered_json& answer, Context& context) {
  const auto daemon = answer.find("daemon");
  if (daemon == answer.end()) return;
  for (const auto& transfer : daemon->at("transfers")) {
    const auto& state = transfer.at("state");
    if (state == "fetching" || state == "failed" || !transfer.value("bound_by", "").empty() ||
        !sources_of(transfer).empty()) {
      context.out.line(transfer_line(transfer));
    }
  }
}

// "1.1.0-0123456789ab" as "web@1.1.0", while it is staged here.
std::string release_of(const ordered_json& app, const std::string& dir) {
  for (const auto& staged : app.at("staged")) {
    if (staged.at("dir") == dir) return staged.at("release").get<std::string>();
  }
  return dir.empty() ? "none" : dir;
}

// " (health_failed, exit 3)", of a transaction or an event.
std::string cause_of(const ordered_json& what) {
  const auto reason = what.at("reason").get<std::string>();
  const auto exit = what.at("exit").get<int>();
  if (reason.empty()) return "";
  return exit == 0 ? fmt::format(" ({})", reason) : fmt::format(" ({}, exit {})", reason, exit);
}

// What became of the last switch, then the newest of what led there.
void show_switches(const ordered_json& app, Context& context) {
  static constexpr std::size_t kShown = 5;
  const auto name = app.at("name").get<std::string>();
  const auto& last = app.at("transaction");
  const auto phase = last.at("phase").get<std::string>();
  if (phase == "none" && last.at("reason") == "") return;
  auto line = name + ": " + phase + cause_of(last);
  const auto time = last.at("time").get<std::int64_t>();
  if (phase == "committed") {
    line += ", " + release_of(app, last.at("to")) + " since " + format_time(time);
  } else if (time > 0) {
    line += " at " + format_time(time);
  }
  if (last.at("ready").get<bool>()) line += ", ready for " + release_of(app, last.at("to"));
  if (phase == "fault") line += "; `roost clear-fault " + name + "` lets it move again";
  context.out.line(line);
  const auto& history = app.at("history");
  for (auto i = history.size() - std::min(kShown, history.size()); i < history.size(); ++i) {
    const auto& event = history[i];
    context.out.line(fmt::format("  {}  {} -> {}: {}{}",
                                 format_time(event.at("time").get<std::int64_t>()),
                                 release_of(app, event.at("from")), release_of(app, event.at("to")),
                                 event.at("phase").get<std::string>(), cause_of(event)));
  }
}

void show_node(const Args& args, Context& context) {
  const auto answer = ordered_json::parse(
      peer::run_command(args.root, peer::Command{peer::Verb::status, args.name, {}}));
  Table table({{"NAME"}, {"RELEASE"}, {"STATE"}, {"STAGED"}, {"FILES", true}, {"TREE", true}});
  for (const auto& app : answer.at("apps")) {
    context.out.item("app", app);
    const auto current = text_or(app.at("current"), "");
    const auto back = text_or(app.at("rollback"), "");
    for (const auto& staged : app.at("staged")) {
      const auto dir = staged.at("dir").get<std::string>();
      std::string state = dir == current ? "active" : dir == back ? "rollback" : "staged";
      if (dir == current && app.at("held").get<bool>()) state += ", held";
      table.row({app.at("name").get<std::string>(), staged.at("release").get<std::string>(), state,
                 format_time(staged.at("staged_at").get<std::int64_t>()),
                 std::to_string(staged.at("entries").get<std::uint64_t>()),
                 format_size(staged.at("tree_bytes").get<std::uint64_t>())});
    }
  }
  for (const auto& app : answer.at("damaged")) {
    context.out.note("damaged: " + app.at("name").get<std::string>() + ": " +
                     app.at("reason").get<std::string>());
  }
  context.out.line("node " + answer.at("node").get<std::string>() + " at " + args.root.string());
  if (table.empty()) {
    context.out.line("nothing is staged here yet");
  } else {
    context.out.table(table);
  }
  for (const auto& app : answer.at("apps")) show_switches(app, context);
  show_transfers(answer, context);
  context.out.result(answer);
}

bool concerns(const proto::NodeView& node, const release::Name& name) {
  const auto& report = node.report;
  return std::ranges::any_of(report.follows, [&](const auto& f) { return f.name == name; }) ||
         std::ranges::any_of(report.transfers,
                             [&](const auto& t) { return t.release.name == name; });
}

void show_fleet(const Args& args, seeder::TrackerClient& tracker, Context& context) {
  const auto releases = tracker.releases(args.name);
  auto nodes = tracker.nodes();
  if (args.name) std::erase_if(nodes, [&](const auto& n) { return !concerns(n, *args.name); });
  for (const auto& release : releases) context.out.item("release", release_json(release));
  for (const auto& node : nodes) context.out.item("node", node_json(node));
  if (releases.empty()) {
    context.out.line("nothing is published yet");
  } else {
    context.out.table(release_table(releases));
  }
  if (!nodes.empty()) {
    context.out.line("");
    context.out.table(node_table(nodes));
  }
  context.out.result({{"releases", releases.size()}, {"nodes", nodes.size()}});
}

// False once a stop is requested.
bool pause(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
  return !stop.stop_requested();
}

int run(const Args& args, Context& context) {
  if (args.root.empty() == !args.tracker.url.has_value()) {
    throw Error(Errc::usage, "run roost status: give either --root or --tracker",
                "--root DIR shows this node, --tracker URL the fleet");
  }
  std::optional<seeder::TrackerClient> tracker;
  if (args.tracker.url) tracker.emplace(args.tracker.get(context), context.stop);
  for (;;) {
    if (tracker) {
      show_fleet(args, *tracker, context);
    } else {
      show_node(args, context);
    }
    if (!args.watch || !pause(context.stop)) return 0;
    context.out.line("");
  }
}

}  // namespace

Run setup_status(Options& options) {
  auto args = std::make_shared<Args>();
  options.about(
      "Shows what is staged and what runs, how the last switch of each name ended and why. Of a\n"
      "running daemon also how far a delivery is, how many bytes it received, how many images of\n"
      "which other releases here spared it, and what bound it for which share of its time so far,\n"
      "or until it was staged: own downlink, own uplink, seeder, peers, starved of pieces, CPU, "
      "disk\n"
      "or tracker (docs/benchmarks.md).");
  options.argument("NAME", args->name, "only this name");
  options.value("root", args->root, "DIR", "show this node").files();
  args->tracker.declare(options).is_required = false;
  options.flag("watch", args->watch, "show it again every second until Ctrl-C");
  options.example("roost status --root ./node");
  options.example("roost status web --tracker http://127.0.0.1:7070");
  return [args](Context& context) { return run(*args, context); };
}

}  // namespace roost::cli
