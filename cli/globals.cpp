// Options that every subcommand takes.
#include "cli/command.hpp"

namespace roost::cli {

void Context::check_stop() const {
  if (stop.stop_requested()) throw Error(Errc::interrupted, "run the command: interrupted");
}

void declare_globals(Options& options, Globals& globals) {
  options.flag("json", globals.json, "newline-delimited JSON on stdout, a result object last");
  options.value("progress", globals.progress, "MODE", "how progress is shown on stderr")
      .choices({"auto", "plain", "tty", "rawjson", "quiet"})
      .fallback("auto");
  options.value("log-level", globals.log_level, "LEVEL", "least level that is logged")
      .choices({"debug", "info", "warn", "error", "off"})
      .fallback(options.default_log_level());
  options.value("log-format", globals.log_format, "FORMAT", "form of the log on stderr")
      .choices({"text", "json"})
      .fallback("text");
  options.flag("insecure", globals.insecure, "allow plain links that leave this machine");
  for (const char* name : {"json", "progress", "log-level", "log-format", "insecure"}) {
    options.find(name)->is_global = true;
  }
}

}  // namespace roost::cli
