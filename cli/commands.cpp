// The table of subcommands: one row each, in the order in which help shows them.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/command.hpp"

namespace roost::cli {

Run setup_activate(Options& options);
Run setup_bench_clean(Options& options);
Run setup_bench_compare(Options& options);
Run setup_bench_delta(Options& options);
Run setup_bench_fanout(Options& options);
Run setup_bench_peer(Options& options);
Run setup_bench_report(Options& options);
Run setup_bench_simulate(Options& options);
Run setup_clear_fault(Options& options);
Run setup_completion(Options& options);
Run setup_demo(Options& options);
Run setup_doctor(Options& options);
Run setup_fetch(Options& options);
Run setup_gc(Options& options);
Run setup_inspect(Options& options);
Run setup_keygen(Options& options);
Run setup_nodes(Options& options);
Run setup_peer(Options& options);
Run setup_promote(Options& options);
Run setup_publish(Options& options);
Run setup_releases(Options& options);
Run setup_resume(Options& options);
Run setup_rollback(Options& options);
Run setup_seeder(Options& options);
Run setup_status(Options& options);
Run setup_tracker(Options& options);
Run setup_unpublish(Options& options);
Run setup_verify(Options& options);
Run setup_version(Options& options);

namespace {

// A lab of many hosts and the files of all nodes take longer to remove than a person waits.
constexpr SignalGrace kClearsUp{std::chrono::seconds(30), std::chrono::seconds(30)};

constexpr std::array kCommands{
    Command{"keygen", "make a key pair that signs releases", setup_keygen},
    Command{"demo", "show it all on this machine: tracker, publisher, nodes", setup_demo},
    Command{"tracker", "know all releases and channels, tell nodes of new ones", setup_tracker},
    Command{"publish", "publish a file tree as a release, and seed it", setup_publish},
    Command{"seeder", "keep releases available for publishers", setup_seeder},
    Command{"peer", "keep this machine at what its channels say", setup_peer},
    Command{"fetch", "fetch and stage one release, once", setup_fetch},
    Command{"activate", "switch to a staged release", setup_activate},
    Command{"rollback", "go back to the release that ran before", setup_rollback},
    Command{"resume", "let a rolled back node follow its channel again", setup_resume},
    Command{"clear-fault", "let a node move again after both releases failed", setup_clear_fault},
    Command{"gc", "remove releases that are no longer needed", setup_gc},
    Command{"promote", "move a channel to a release", setup_promote},
    Command{"unpublish", "withdraw a release", setup_unpublish},
    Command{"status", "show what a node or a fleet runs", setup_status},
    Command{"releases", "list what is published", setup_releases},
    Command{"nodes", "list the nodes that a tracker knows", setup_nodes},
    Command{"inspect", "show what a descriptor, statement, torrent, index or image says",
            setup_inspect},
    Command{"verify", "compare a staged tree with what was signed", setup_verify},
    Command{"bench fanout", "measure how fast N nodes have a release, beside other methods",
            setup_bench_fanout, kClearsUp},
    Command{"bench delta", "measure what an update costs nodes that hold the release before",
            setup_bench_delta, kClearsUp},
    Command{"bench simulate", "compute a fan-out to more nodes than a machine can run",
            setup_bench_simulate},
    Command{"bench report", "sum up results, as text, JSON or a page with plots",
            setup_bench_report},
    Command{"bench compare", "say whether results are better, worse or the same",
            setup_bench_compare},
    Command{"bench clean", "remove what a killed benchmark left behind", setup_bench_clean},
    Command{"doctor", "check whether this machine is fit for Roost", setup_doctor},
    Command{"completion", "print a completion script for a shell", setup_completion},
    Command{"version", "print the version of Roost and of what it is built on", setup_version},
};

// What the benchmark starts itself: in no list, help or completion.
constexpr Command kBenchPeer{
    "bench peer", "a plain client, for the benchmark", setup_bench_peer, {}};

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

const Command* find_command(std::string_view name) {
  if (name == kBenchPeer.name) return &kBenchPeer;
  const auto found = std::ranges::find(kCommands, name, &Command::name);
  return found == kCommands.end() ? nullptr : &*found;
}

std::string overview() {
  std::string result =
      "roost: publish a file tree once, have it staged and switched on everywhere\n\n"
      "usage: roost COMMAND [options]\n\ncommands:\n";
  for (const auto& command : commands()) {
    result += fmt::format("  {:13}  {}\n", command.name, command.summary);
  }
  return result +
         "\nEvery option is also an environment variable: --tracker is ROOST_TRACKER.\n"
         "roost COMMAND --help shows the options of a command and examples of its use.\n"
         "\nexamples:\n  roost version\n  roost keygen --help\n";
}

}  // namespace roost::cli
