#include "peer/command.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/store/activation.hpp"
#include "core/store/history.hpp"
#include "core/store/retention.hpp"
#include "core/store/status.hpp"
#include "peer/control.hpp"

namespace roost::peer {
namespace {

using nlohmann::json;

constexpr std::pair<Verb, std::string_view> kVerbs[] = {
    {Verb::status, "status"}, {Verb::activate, "activate"},       {Verb::rollback, "rollback"},
    {Verb::resume, "resume"}, {Verb::clear_fault, "clear-fault"}, {Verb::gc, "gc"}};

constexpr std::size_t kShownEvents = 20;

json optional_text(const std::optional<std::string>& text) {
  return text ? json(*text) : json(nullptr);
}

json to_object(const store::Transaction& last) {
  return {{"phase", store::phase_name(last.phase)},
          {"reason", last.reason},
          {"exit", last.exit},
          {"attempts", last.attempts},
          {"from", last.from},
          {"to", last.to},
          {"version", last.version},
          {"ready", last.ready},
          {"time", last.time}};
}

json to_object(const store::Event& event) {
  return {{"time", event.time},   {"transaction", event.transaction},
          {"phase", event.phase}, {"from", event.from},
          {"to", event.to},       {"reason", event.reason},
          {"exit", event.exit}};
}

json history_of(const store::Root& root, const release::Name& name) {
  json events = json::array();
  if (const auto app = store::App::find(root, name)) {
    for (const auto& event : store::read_history(*app, kShownEvents)) {
      events.push_back(to_object(event));
    }
  }
  return events;
}

json to_object(const store::AppStatus& app, json history) {
  json staged = json::array();
  for (const auto& info : app.staged) {
    staged.push_back({{"release", info.release.str()},
                      {"release_id", info.id.hex()},
                      {"dir", info.dir},
                      {"sequence", info.sequence},
                      {"staged_at", info.staged_at},
                      {"tree_bytes", info.tree_bytes},
                      {"entries", info.entries}});
  }
  return {{"name", app.name.str()},
          {"current", optional_text(app.current)},
          {"rollback", optional_text(app.rollback)},
          {"phase", store::phase_name(app.last.phase)},
          {"reason", app.last.reason},
          {"held", app.last.held.has_value()},
          {"transaction", to_object(app.last)},
          {"history", std::move(history)},
          {"staged", std::move(staged)}};
}

json status_of(const store::Root& root, const std::optional<release::Name>& only) {
  const auto status = store::status(root);
  json apps = json::array();
  for (const auto& app : status.apps) {
    if (!only || app.name == *only) {
      apps.push_back(to_object(app, history_of(root, app.name)));
    }
  }
  json damaged = json::array();
  for (const auto& [name, reason] : status.damaged) {
    if (only && name == only->str()) {
      throw Error(Errc::integrity, fmt::format("show {}: {}", name, reason));
    }
    damaged.push_back({{"name", name}, {"reason", reason}});
  }
  if (only && apps.empty()) {
    throw Error(Errc::not_found, "show " + only->str() + ": nothing of that name on this node",
                "run 'roost status --root " + root.path().string() + "' to see what is");
  }
  return {{"node", status.node_id},
          {"root", root.path().string()},
          {"apps", std::move(apps)},
          {"damaged", std::move(damaged)}};
}

store::App app_of(const store::Root& root, const release::Name& name) {
  if (auto app = store::App::find(root, name)) return std::move(*app);
  throw Error(Errc::not_found, "find " + name.str() + ": nothing of that name on this node",
              "run 'roost status --root " + root.path().string() + "' to see what is");
}

json switched(const release::Name& name, const store::ActivationResult& result) {
  return {{"name", name.str()},
          {"from", result.from.empty() ? json(nullptr) : json(result.from)},
          {"to", result.to},
          {"changed", result.changed}};
}

json activate(const Command& command, const store::Root& root) {
  const auto app = app_of(root, *command.name);
  const auto staged = store::find_release(root, *command.name, *command.version);
  if (!staged) {
    throw Error(Errc::not_found,
                "activate " + command.name->str() + "@" + command.version->str() +
                    ": it is not staged on this node",
                "fetch it first: roost fetch " + command.name->str() + "@" +
                    command.version->str() + " --root " + root.path().string() + " ...");
  }
  return switched(*command.name, store::activate(app, staged->dir));
}

}  // namespace

std::string collected_json(const store::Collected& collected) {
  return json{{"releases", collected.releases},
              {"images", collected.images},
              {"running", collected.running},
              {"bytes_freed", collected.bytes_freed}}
      .dump();
}

std::string to_json(const Command& command) {
  json object;
  for (const auto& [verb, text] : kVerbs) {
    if (verb == command.verb) object["command"] = text;
  }
  if (command.name) object["name"] = command.name->str();
  if (command.version) object["version"] = command.version->str();
  return object.dump();
}

Command parse_command(std::string_view text) {
  const auto object = json::parse(text, nullptr, false);
  const auto field = [&](const char* key) -> std::optional<std::string> {
    if (!object.is_object() || !object.contains(key) || !object[key].is_string()) {
      return std::nullopt;
    }
    return object[key].get<std::string>();
  };
  const auto verb = field("command");
  Command command;
  if (const auto name = field("name")) command.name = release::Name::parse(*name);
  if (const auto version = field("version")) command.version = release::Version::parse(*version);
  for (const auto& [value, word] : kVerbs) {
    if (verb != word) continue;
    command.verb = value;
    const bool needs_name = value != Verb::status && value != Verb::gc;
    if (needs_name && !command.name) throw Error(Errc::usage, "parse command: no name");
    if (value == Verb::activate && !command.version) {
      throw Error(Errc::usage, "parse command: no version");
    }
    return command;
  }
  throw Error(Errc::usage, "parse command: unknown command");
}

std::string execute(const Command& command, const store::Root& root) {
  switch (command.verb) {
    case Verb::status:
      return status_of(root, command.name).dump();
    case Verb::activate:
      return activate(command, root).dump();
    case Verb::rollback:
      return switched(*command.name, store::rollback(app_of(root, *command.name))).dump();
    case Verb::resume:
      return json{{"name", command.name->str()},
                  {"resumed", store::resume(app_of(root, *command.name))}}
          .dump();
    case Verb::clear_fault:
      return json{{"name", command.name->str()},
                  {"cleared", store::clear_fault(app_of(root, *command.name))}}
          .dump();
    case Verb::gc:
      return collected_json(store::gc(root));
  }
  throw Error(Errc::usage, "execute command: unknown command");
}

std::string run_command(const std::filesystem::path& path, const Command& command) {
  if (auto answer = ask_daemon(path, to_json(command))) return std::move(*answer);
  if (command.verb == Verb::status) return execute(command, store::Root::inspect(path));
  store::Root::inspect(path);  // a root that is none is not made by asking something of it
  const auto root = store::Root::open(path);
  store::recover(root);
  return execute(command, root);
}

}  // namespace roost::peer
