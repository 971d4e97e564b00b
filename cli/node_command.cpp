// roost activate, rollback, resume, clear-fault, gc: what an operator does on one node, through
// its daemon or, where none runs, under the root's lock.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/common_options.hpp"
#include "peer/command.hpp"

namespace roost::cli {
namespace {

using nlohmann::ordered_json;

struct Args {
  RootOption root;
  std::optional<release::Name> name;
  std::optional<release::Version> version;
};

ordered_json run(const Args& args, peer::Verb verb, Context& context) {
  const peer::Command command{verb, args.name, args.version};
  auto answer = ordered_json::parse(peer::run_command(args.root.dir, command));
  context.out.result(answer);
  return answer;
}

std::string shown(const ordered_json& text) {
  return text.is_string() ? text.get<std::string>() : "nothing";
}

}  // namespace

Run setup_activate(Options& options) {
  auto args = std::make_shared<Args>();
  options.about("Switches NAME's current to a release that is staged on this node.");
  options.argument("NAME", args->name, "what to switch").required();
  options.argument("VERSION", args->version, "the staged version to switch to").required();
  args->root.declare(options);
  options.example("roost activate web 1.0.0 --root ./node");
  return [args](Context& context) {
    const auto answer = run(*args, peer::Verb::activate, context);
    context.out.line(
        answer["changed"].get<bool>()
            ? fmt::format("{}: {} -> {}", shown(answer["name"]), shown(answer["from"]),
                          shown(answer["to"]))
            : fmt::format("{}: {} was active already", shown(answer["name"]), shown(answer["to"])));
    return 0;
  };
}

Run setup_rollback(Options& options) {
  auto args = std::make_shared<Args>();
  options.about(
      "Goes back to the release that ran before. Needs no network, no tracker and no disk space.\n"
      "The node then stays there until its channel moves on, or 'roost resume NAME'.");
  options.argument("NAME", args->name, "what to roll back").required();
  args->root.declare(options);
  options.example("roost rollback web --root ./node");
  return [args](Context& context) {
    const auto answer = run(*args, peer::Verb::rollback, context);
    context.out.line(fmt::format("{}: {} -> {}, held there", shown(answer["name"]),
                                 shown(answer["from"]), shown(answer["to"])));
    return 0;
  };
}

Run setup_resume(Options& options) {
  auto args = std::make_shared<Args>();
  options.about(
      "Lets a node that was rolled back, or that rejected a release, follow its channel again.");
  options.argument("NAME", args->name, "what to let go of").required();
  args->root.declare(options);
  options.example("roost resume web --root ./node");
  return [args](Context& context) {
    const auto answer = run(*args, peer::Verb::resume, context);
    context.out.line(shown(answer["name"]) + (answer["resumed"].get<bool>()
                                                  ? ": follows its channel again"
                                                  : ": was not held"));
    return 0;
  };
}

Run setup_clear_fault(Options& options) {
  auto args = std::make_shared<Args>();
  options.about(
      "Lets a node move again on which neither the new nor the old release could be made to run.\n"
      "The release that failed stays rejected until its channel moves on, or 'roost activate' or\n"
      "'roost resume'.");
  options.argument("NAME", args->name, "what to clear").required();
  args->root.declare(options);
  options.example("roost clear-fault web --root ./node");
  return [args](Context& context) {
    const auto answer = run(*args, peer::Verb::clear_fault, context);
    context.out.line(shown(answer["name"]) +
                     (answer["cleared"].get<bool>() ? ": fault cleared" : ": had no fault"));
    return 0;
  };
}

Run setup_gc(Options& options) {
  auto args = std::make_shared<Args>();
  options.about(
      "Removes releases and images that are no longer needed: never the current one, the one\n"
      "before it, or one that a process runs from; of the others the newest three stay.");
  args->root.declare(options);
  options.example("roost gc --root ./node");
  return [args](Context& context) {
    const auto answer = run(*args, peer::Verb::gc, context);
    for (const auto& dir : answer["releases"]) context.out.line("removed " + shown(dir));
    for (const auto& dir : answer["running"]) {
      context.out.line("kept " + shown(dir) + ": a process runs from it");
    }
    context.out.line(fmt::format("{} releases and {} images removed, {} freed",
                                 answer["releases"].size(), answer["images"].size(),
                                 format_size(answer["bytes_freed"].get<std::uint64_t>())));
    return 0;
  };
}

}  // namespace roost::cli
