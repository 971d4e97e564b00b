// What an operator asks of one node: status, activate, rollback, resume, clear-fault, gc.
//
// run_command() is for the command line: it asks the daemon that runs on the root
// through its control socket, or does the work itself under the root's lock when
// there is none. Answers are JSON objects (docs/protocol.md, "Local control").
// Errors: those of core/store; usage for a malformed request.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/release/names.hpp"
#include "core/store/retention.hpp"
#include "core/store/root.hpp"

namespace roost::peer {

enum class Verb { status, activate, rollback, resume, clear_fault, gc };

struct Command {
  Verb verb = Verb::status;
  std::optional<release::Name> name;        // required but by status and gc
  std::optional<release::Version> version;  // activate only
};

std::string to_json(const Command& command);
Command parse_command(std::string_view json);

// Does it on a root: locked for everything but status. The answer's JSON.
std::string execute(const Command& command, const store::Root& root);

// The answer of gc.
std::string collected_json(const store::Collected& collected);

std::string run_command(const std::filesystem::path& root, const Command& command);

}  // namespace roost::peer
