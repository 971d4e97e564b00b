// The table of subcommands: one row each, in the order in which help shows them.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/command.hpp"

namespace roost::cli {

Run setup_keygen(Options& options);
Run setup_version(Options& options);

namespace {

constexpr std::array kCommands{
    Command{"keygen", "make a key pair that signs releases", setup_keygen},
    Command{"version", "print the version of Roost and of what it is built on", setup_version},
};

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

const Command* find_command(std::string_view name) {
  const auto found = std::ranges::find(kCommands, name, &Command::name);
  return found == kCommands.end() ? nullptr : &*found;
}

std::string overview() {
  std::string result =
      "roost: publish a file tree once, have it staged and switched on everywhere\n\n"
      "usage: roost COMMAND [options]\n\ncommands:\n";
  for (const auto& command : commands()) {
    result += fmt::format("  {:12}  {}\n", command.name, command.summary);
  }
  return result +
         "\nEvery option is also an environment variable: --tracker is ROOST_TRACKER.\n"
         "roost COMMAND --help shows the options of a command and examples of its use.\n"
         "\nexamples:\n  roost version\n  roost keygen --help\n";
}

}  // namespace roost::cli
