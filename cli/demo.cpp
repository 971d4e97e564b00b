// roost demo [--nodes 8] [--artifact DIR] [--keep]
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/command.hpp"
#include "cli/demo_fleet.hpp"
#include "cli/progress_view.hpp"
#include "core/base/tree_compare.hpp"
#include "seeder/work_dir.hpp"

namespace roost::cli {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::ordered_json;

struct Args {
  unsigned nodes = 8;
  std::optional<fs::path> artifact;
  bool keep = false;
};

// A tree that a machine which has built Roost has: of real files, not too large.
fs::path default_artifact() {
  for (const auto* path : {"/usr/lib/python3", "/usr/share/cmake-3.25", "/usr/include/c++"}) {
    if (fs::is_directory(path) && !fs::is_empty(path)) return path;
  }
  throw Error(Errc::usage, "choose an artifact: none of the usual trees is on this machine",
              "give one: roost demo --artifact DIR");
}

const proto::TransferReport* transfer_of(const proto::NodeView& node) {
  const auto& transfers = node.report.transfers;
  return transfers.empty() ? nullptr : &transfers.front();
}

void show(ProgressView& view, const std::vector<proto::NodeView>& nodes) {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto* transfer = transfer_of(nodes[i]);
    ProgressRow row{.label = fmt::format("node-{}", i + 1), .phase = "waiting", .note = {}};
    if (transfer != nullptr) {
      row.phase = proto::to_text(transfer->state);
      row.done = transfer->bytes_seeder + transfer->bytes_peers;
      row.note = fmt::format("{} of {} pieces", transfer->pieces, transfer->pieces_total);
    }
    view.update(i, std::move(row));
  }
}

bool all_active(const std::vector<proto::NodeView>& nodes) {
  return std::ranges::all_of(nodes, [](const auto& node) {
    const auto* transfer = transfer_of(node);
    return transfer != nullptr && transfer->state == proto::TransferState::active;
  });
}

ordered_json result_of(const Child& publisher) {
  const auto out = publisher.out();
  const auto start = out.rfind("{\"type\":\"result\"");
  auto result = start == std::string::npos ? ordered_json()
                                           : ordered_json::parse(out.substr(start), nullptr, false);
  return result.is_object() ? result : ordered_json::object();
}

// Follows the rollout to its end; the publisher's result.
ordered_json roll_out(DemoFleet& fleet, const fs::path& artifact, unsigned nodes,
                      Context& context) {
  auto publisher = fleet.publish(artifact);
  ProgressView view(context.out.progress(), nodes);
  for (bool published = false;;) {
    context.check_stop();
    const auto views = fleet.nodes();
    show(view, views);
    published = published || !publisher.running();
    if (published && publisher.wait(Deadline::in(0ms))->status != 0) {
      throw Error(Errc::failed, "run demo: publish failed",
                  "its log is " + (fleet.directory() / "publish.log").string());
    }
    if (published && all_active(views)) break;
    std::this_thread::sleep_for(100ms);
  }
  view.finish();
  return result_of(publisher);
}

double percentile(const std::vector<double>& sorted, double share) {
  const auto rank =
      static_cast<std::size_t>(std::lround(share * static_cast<double>(sorted.size() - 1)));
  return sorted[rank];
}

ordered_json report(const std::vector<proto::NodeView>& nodes, std::uint64_t wire_bytes,
                    Context& context) {
  Table table({{"node"}, {"from seeder", true}, {"from peers", true}, {"staged after", true}});
  std::vector<double> times;
  std::uint64_t seeder_bytes = 0;
  auto list = ordered_json::array();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto& transfer = *transfer_of(nodes[i]);
    const double seconds = transfer.seconds_to_staged.value_or(0);
    const auto name = fmt::format("node-{}", i + 1);
    times.push_back(seconds);
    seeder_bytes += transfer.bytes_seeder;
    table.row({name, format_size(transfer.bytes_seeder), format_size(transfer.bytes_peers),
               fmt::format("{:.2f} s", seconds)});
    list.push_back({{"node", name},
                    {"bytes_seeder", transfer.bytes_seeder},
                    {"bytes_peers", transfer.bytes_peers},
                    {"staged_s", seconds}});
  }
  std::ranges::sort(times);
  const double ratio =
      wire_bytes == 0 ? 0 : static_cast<double>(seeder_bytes) / static_cast<double>(wire_bytes);
  context.out.table(table);
  context.out.line(fmt::format(
      "\nfleet: staged p50 {:.2f} s, p99 {:.2f} s, last {:.2f} s; the seeder sent {:.2f} copies",
      percentile(times, 0.5), percentile(times, 0.99), times.back(), ratio));
  return {{"nodes", std::move(list)},
          {"p50_s", percentile(times, 0.5)},
          {"p99_s", percentile(times, 0.99)},
          {"last_s", times.back()},
          {"seeder_bytes_ratio", ratio}};
}

std::size_t prove(const DemoFleet& fleet, const fs::path& artifact, unsigned nodes,
                  Context& context) {
  std::size_t entries = 0;
  for (unsigned i = 0; i < nodes; ++i) {
    context.check_stop();
    const auto current = fs::canonical(fleet.current(i));
    const auto comparison = compare_trees(artifact, current, ".roost");
    if (!comparison.differences.empty()) {
      throw Error(Errc::integrity, fmt::format("compare {} with {}: {}", current.string(),
                                               artifact.string(), comparison.differences.front()));
    }
    entries = comparison.entries;
  }
  context.out.line(fmt::format("proof: `current` of all {} nodes equals {}: {} entries each", nodes,
                               artifact.string(), entries));
  return entries;
}

int demo(const Args& args, Context& context) {
  if (args.nodes < 1 || args.nodes > 64) {
    throw Error(Errc::usage, fmt::format("run demo with {} nodes: out of range", args.nodes),
                "give --nodes 1 to 64");
  }
  const auto artifact = fs::canonical(args.artifact ? *args.artifact : default_artifact());
  auto directory = std::make_unique<seeder::WorkDir>(fs::path());
  const auto path = directory->path();
  {
    context.out.note(
        fmt::format("demo in {}: a tracker, {} nodes and a publisher on loopback, "
                    "without TLS",
                    path.string(), args.nodes));
    DemoFleet fleet(path, args.nodes, context.stop);
    fleet.await_followers();
    context.out.note(fmt::format("publishing {}", artifact.string()));
    const auto published = roll_out(fleet, artifact, args.nodes, context);
    const auto number = [&](const char* key) { return published.value(key, std::uint64_t{0}); };
    context.out.line(fmt::format(
        "published {}: {} files, {}; image {} in {} chunks, packed in "
        "{:.2f} s\n",
        artifact.string(), number("files"), format_size(number("tree_bytes")),
        format_size(number("image_bytes")), number("chunks"), published.value("pack_s", 0.0)));
    auto result = report(fleet.nodes(), number("image_bytes") + number("index_bytes"), context);
    result["entries"] = prove(fleet, artifact, args.nodes, context);
    result["directory"] = args.keep ? path.string() : "";
    result["publish"] = published;
    context.out.result(result);
  }
  if (args.keep) {
    context.out.line(fmt::format("look around: {0}/node-1/apps/{1}/current, logs in {0}/*.log",
                                 path.string(), DemoFleet::kName));
    directory->keep();
  } else {
    context.out.line(fmt::format("cleaned up {}; --keep leaves it to look at", path.string()));
  }
  return 0;
}

}  // namespace

Run setup_demo(Options& options) {
  auto args = std::make_shared<Args>();
  options.about(
      "Runs a tracker, a publisher that seeds, and nodes as real processes on loopback; publishes\n"
      "a tree to them, shows each node's progress, and proves that what every node switched on\n"
      "equals the source. Cleans up after itself.");
  options.value("nodes", args->nodes, "N", "how many nodes").fallback("8");
  options
      .value("artifact", args->artifact, "DIR",
             "the tree to publish; by default one of the system's")
      .files();
  options.flag("keep", args->keep, "leave the directory with every node's root and log");
  options.example("roost demo --nodes 2 --artifact ./build-output");
  return [args](Context& context) { return demo(*args, context); };
}

}  // namespace roost::cli
