// `roost`: finds the subcommand, runs it, and is the one place that catches.
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/nearest.hpp"
#include "core/base/log.hpp"
#include "core/base/process.hpp"
#include "core/base/signals.hpp"
#include "peer/hook_job.hpp"
#include "peer/hook_supervisor.hpp"

namespace roost::cli {
namespace {

using Arguments = std::vector<std::string>;

// Options that every subcommand takes may stand before it: takes the first word that is
// neither an option nor the value of one out of the arguments.
std::string take_command(Arguments& arguments) {
  for (auto at = arguments.begin(); at != arguments.end(); ++at) {
    if (at->starts_with("-")) {
      const bool takes_value = *at == "--progress" || *at == "--log-level" || *at == "--log-format";
      if (takes_value && at + 1 != arguments.end()) ++at;
      continue;
    }
    auto name = *at;
    arguments.erase(at);
    return name;
  }
  return {};
}

bool contains(const Arguments& arguments, std::string_view text) {
  return std::ranges::find(arguments, text) != arguments.end();
}

// Known before anything is parsed, so that a wrong command line is reported in JSON too.
bool wants_json(const Arguments& arguments) {
  bool wanted = contains(arguments, "--json");
  if (const char* text = std::getenv("ROOST_JSON"); text != nullptr && !wanted) {
    try {
      parse_into(text, wanted);
    } catch (const Error&) {
      wanted = false;  // reported when the options are read
    }
  }
  return wanted;
}

[[noreturn]] void refuse_command(const std::string& name) {
  std::vector<std::string> known;
  for (const auto& command : commands()) known.emplace_back(command.name);
  const auto near = nearest(name, known);
  throw Error(Errc::usage, "run roost: unknown command '" + name + "'",
              near ? "did you mean roost " + *near + "?" : "see roost --help");
}

int without_command(const Arguments& arguments, Output& out) {
  if (contains(arguments, "--help") || contains(arguments, "-h")) {
    std::fputs(overview().c_str(), stdout);
    return 0;
  }
  if (contains(arguments, "--version")) {
    out.line("roost " ROOST_VERSION);
    return 0;
  }
  std::fputs(overview().c_str(), stderr);
  throw Error(Errc::usage, "run roost: no command given", "choose one from the list above");
}

int run_command(const Command& command, const Arguments& arguments, Output*& out,
                const SignalStop& signals) {
  Globals globals;
  Options options{std::string(command.name)};
  const Run run = command.setup(options);
  declare_globals(options, globals);
  options.parse(arguments);
  if (options.help_wanted()) {
    std::fputs(help_text(options, command.summary).c_str(), stdout);
    return 0;
  }
  static Output output(globals.json, progress_mode(globals.progress));
  out = &output;
  if (options.print_wanted()) {
    std::fputs(options.printed_settings().c_str(), stdout);
    return 0;
  }
  log::init(log::parse_level(globals.log_level), log::parse_format(globals.log_format));
  Context context{output, signals.token(), globals.insecure};
  const int status = run(context);
  // SIGTERM is how a supervisor ends a daemon in order; Ctrl-C is a person who gave up.
  return status == 0 && signals.signal() == SIGINT ? errc_info(Errc::interrupted).exit_status
                                                   : status;
}

// Commands whose first word this is, where that alone is none: `bench`.
std::vector<const Command*> family_of(const std::string& name) {
  std::vector<const Command*> members;
  for (const auto& command : commands()) {
    if (command.name.starts_with(name + " ")) members.push_back(&command);
  }
  return members;
}

// `roost bench`, `roost bench --help`.
int without_member(const std::vector<const Command*>& members, const Arguments& arguments) {
  const bool help = contains(arguments, "--help") || contains(arguments, "-h");
  std::string text = "commands:\n";
  for (const auto* command : members) {
    text += "  " + std::string(command->name) + "  " + std::string(command->summary) + "\n";
  }
  std::fputs(text.c_str(), help ? stdout : stderr);
  if (help) return 0;
  throw Error(Errc::usage, "run roost: this command needs one more word",
              "choose one from the list above");
}

// The command that is meant, taken out of the arguments; empty when there is none.
std::string take_full_name(Arguments& arguments) {
  auto name = take_command(arguments);
  if (name.empty() || family_of(name).empty()) return name;
  const auto second = take_command(arguments);
  return second.empty() ? name : name + " " + second;
}

int dispatch(Arguments arguments, Output*& out, const SignalStop& signals) {
  auto name = take_full_name(arguments);
  if (name == "help") {  // roost help, roost help COMMAND
    name = take_full_name(arguments);
    arguments.emplace_back("--help");
  }
  if (name.empty()) return without_command(arguments, *out);
  if (const auto members = family_of(name); !members.empty()) {
    return without_member(members, arguments);
  }
  const Command* command = find_command(name);
  if (command == nullptr) refuse_command(name);
  return run_command(*command, arguments, out, signals);
}

SignalGrace grace_of(Arguments arguments) {
  const Command* command = find_command(take_full_name(arguments));
  return command == nullptr ? SignalGrace() : command->grace;
}

Error translate(const std::exception& error) {
  if (const auto* ours = dynamic_cast<const Error*>(&error)) return *ours;
  if (const auto* file = dynamic_cast<const std::filesystem::filesystem_error*>(&error)) {
    try {
      throw_errno(file->code().value(), "use " + file->path1().string());
    } catch (const Error& named) {
      return named;
    }
  }
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    return Error(Errc::failed, "run the command: out of memory");
  }
  return Error(Errc::failed, std::string("run the command: ") + error.what());
}

int guarded_main(const Arguments& arguments, const SignalStop& signals) {
  Output early(wants_json(arguments), progress_mode("auto"));
  Output* out = &early;
  try {
    const bool text_only = contains(arguments, "--help") || contains(arguments, "-h");
    const int status = dispatch(arguments, out, signals);
    if (!text_only) out->finish(status, nullptr);
    return status;
  } catch (const std::exception& error) {
    const Error ours = translate(error);
    const int status = errc_info(ours.code()).exit_status;
    try {
      out->finish(status, &ours);
    } catch (const Error&) {
      return status;  // stdout is gone: the status is all that is left to say
    }
    return status;
  }
}

// What a node starts itself for each hook: in no list, help or completion.
int hook_supervisor() {
  try {
    return peer::run_hook_supervisor();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return peer::kHookUnsupervised;
  }
}

}  // namespace
}  // namespace roost::cli

int main(int argc, char** argv) {
  const std::vector<std::string> arguments{argv + 1, argv + argc};
  // It forks, so it must run before there is a second thread.
  if (arguments == std::vector<std::string>{"hook-supervisor"}) {
    return roost::cli::hook_supervisor();
  }
  ::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of the write, not the end
  const roost::SignalStop signals(roost::cli::grace_of(arguments), roost::Child::kill_all);
  return roost::cli::guarded_main(arguments, signals);
}
