// roost doctor: is this machine fit for Roost?
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "cli/machine_checks.hpp"

namespace roost::cli {
namespace {

struct Args {
  std::filesystem::path root = "/";
  Endpoint listen;
};

std::string_view word(Finding::Grade grade) {
  switch (grade) {
    case Finding::Grade::good:
      return "ok";
    case Finding::Grade::warning:
      return "warning";
    case Finding::Grade::bad:
      return "bad";
  }
  return "";
}

int run(const Args& args, Context& context) {
  const auto findings = check_machine(args.root, args.listen);
  Table table({{"CHECK"}, {"RESULT"}, {"FOUND"}});
  std::size_t bad = 0;
  std::size_t warnings = 0;
  for (const auto& finding : findings) {
    table.row({finding.check, std::string(word(finding.grade)), finding.found});
    context.out.item("check", {{"check", finding.check},
                               {"result", word(finding.grade)},
                               {"found", finding.found},
                               {"help", finding.help}});
    bad += finding.grade == Finding::Grade::bad ? 1 : 0;
    warnings += finding.grade == Finding::Grade::warning ? 1 : 0;
  }
  context.out.table(table);
  for (const auto& finding : findings) {
    if (!finding.help.empty()) context.out.line(finding.check + ": " + finding.help);
  }
  context.out.result({{"checks", findings.size()}, {"warnings", warnings}, {"bad", bad}});
  if (bad > 0) {
    throw Error(Errc::failed,
                fmt::format("check this machine: {} of {} checks failed", bad, findings.size()),
                "mend what the list above calls bad");
  }
  return 0;
}

}  // namespace

Run setup_doctor(Options& options) {
  auto args = std::make_shared<Args>();
  options.about("Looks at the kernel, the disk below --root, limits, the clock and libraries.");
  options.value("root", args->root, "DIR", "where a node's directory is or will be")
      .fallback(".")
      .files();
  options.value("listen", args->listen, "ADDR:PORT", "an address that should be free to listen on")
      .fallback("127.0.0.1:7070");
  options.example("roost doctor");
  options.example("roost doctor --root . --json");
  return [args](Context& context) { return run(*args, context); };
}

}  // namespace roost::cli
