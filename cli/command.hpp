// The frame of a subcommand: what it declares, and what it is given to run.
//
// A subcommand is one file in cli/ with one function `Run setup_NAME(Options&)`
// that declares its options and returns what runs, and one row in commands.cpp.
//   Run setup_keygen(Options& options) {
//     auto args = std::make_shared<Args>();
//     options.value("out", args->out, "FILE", "where the secret key goes").required().files();
//     options.example("roost keygen --out new.pem");
//     return [args](Context& context) { ...; context.out.result({{"key_id", id}}); return 0; };
//   }
// run returns the exit status, or throws Error, which main reports. A daemon returns 0
// when stop is requested; main makes 130 of it if that was Ctrl-C.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "cli/options.hpp"
#include "cli/output.hpp"
#include "core/base/signals.hpp"

namespace roost::cli {

struct Context {
  Output& out;
  std::stop_token stop;   // Ctrl-C or SIGTERM
  bool insecure = false;  // plain links outside loopback are allowed

  // Throws Error{interrupted} once a stop is requested; between the steps of a short command.
  void check_stop() const;
};

using Run = std::function<int(Context&)>;

struct Command {
  std::string_view name;     // one word, or two for one of a family ("bench fanout")
  std::string_view summary;  // one line, lower case, no full stop
  Run (*setup)(Options& options);
  SignalGrace grace = {};  // to end in order, once a stop is requested
};

std::span<const Command> commands();
const Command* find_command(std::string_view name);

// What every subcommand takes: --json, --progress, --log-level, --log-format, --insecure.
struct Globals {
  bool json = false;
  std::string progress;
  std::string log_level;
  std::string log_format;
  bool insecure = false;
};
void declare_globals(Options& options, Globals& globals);

// `roost` alone, `roost --help`.
std::string overview();

}  // namespace roost::cli
