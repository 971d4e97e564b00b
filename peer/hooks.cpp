#include "peer/hooks.hpp"

#include <signal.h>

#include <chrono>

#include "core/base/error.hpp"
#include "core/base/process.hpp"

namespace roost::peer {
namespace {

// More than a supervisor takes to give up on its own worker.
constexpr std::chrono::seconds kMargin{10};

// Without a readable outcome nobody knows how the hook ended: it failed.
HookOutcome outcome_of(const Child& child, const std::optional<ChildExit>& exit) {
  if (exit && exit->status == 0) return parse_hook_outcome(child.out());
  HookOutcome outcome;
  if (!exit) {
    outcome.error = "its supervisor hangs";
  } else if (exit->signal != 0) {
    outcome.error = "its supervisor was ended by signal " + std::to_string(exit->signal);
  } else {
    const auto said = child.err();
    outcome.error = "its supervisor failed" +
                    (said.empty() ? std::string() : ": " + said.substr(0, said.find('\n')));
  }
  return outcome;
}

}  // namespace

HookOutcome HookRunner::run(const HookJob& job, const std::stop_token& stop) const {
  ChildOptions options;
  options.argv = supervisor_;
  options.input = to_json(job);
  options.own_group = true;  // Ctrl-C is ours to pass on
  Child supervisor(options);
  const std::stop_callback pass_on(stop, [&] { supervisor.signal(SIGTERM); });
  const auto exit = supervisor.wait(Deadline::in(job.deadline + job.term_grace + kMargin));
  if (!exit) supervisor.kill();
  auto outcome = outcome_of(supervisor, exit);
  const bool unknown = outcome.status == kHookUnsupervised;
  if (outcome.stopped || (stop.stop_requested() && unknown)) {
    throw Error(Errc::interrupted, "run " + job.argv.at(0) + ": stopped");
  }
  return outcome;
}

}  // namespace roost::peer
