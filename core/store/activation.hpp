// Switching `current`: prepare, commit, roll back, resume, and recovery after a crash.
//
// Every switch is a transaction in the preallocated file `tx`; `current` is the
// truth, and it changes by one rename. Success is returned only once it is
// durable. Each function but commit() first settles what an interrupted one left. All need the
// root's lock and one thread per App. Errors: not_found (not staged, nothing to go
// back to), conflict (in FAULT, or held at the version that asks), no_space, whatever a step throws
// (the switch is then undone; not for Errc::interrupted, which leaves it to recovery).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/store/root.hpp"

namespace roost::store {

enum class Phase : std::uint8_t {
  none,  // nothing was ever switched
  prepared,
  switched,
  committed,
  rolling_back,
  rolled_back,
  aborted,
  fault,  // neither the new nor the old release could be made to run: waits for clear_fault()
};

std::string_view phase_name(Phase phase) noexcept;

// A release that its channel asked for at that version, and that failed by itself: trying again is
// of no use. What a command asked for is never rejected: whoever gave it was told.
struct Rejection {
  std::string dir;
  std::uint64_t version = 0;
  std::string reason;
};

// What the newest valid slot of `tx` says. The hold and the rejection go from record to record
// until that very release is COMMITTED, its channel's version rises above theirs, or resume().
struct Transaction {
  std::uint64_t sequence = 0;
  Phase phase = Phase::none;
  std::uint32_t attempts = 0;  // tries of this phase's steps, each counted before it began
  std::int64_t time = 0;       // seconds since the epoch
  std::string from;            // release directory names; empty: none
  std::string to;
  std::string fallback;               // what .rollback named before this began
  std::string reason;                 // of reasons.hpp; empty when all went well
  std::optional<std::uint64_t> held;  // rolled back by hand at this channel version
  std::string held_from;              // the release that was rolled back; empty: not known
  std::optional<Rejection> rejection;
  std::uint64_t version = 0;  // channel version that asked for it; 0: a command
  bool ready = false;         // PREPARED, and all but the rename is done: waits for commit()
  std::int32_t exit = 0;      // of the hook that decided
  bool damaged = false;       // there was a record, but no slot is valid; nothing else is known
};

Transaction read_transaction(const App& app);

// What runs around a switch; empty ones are skipped.
struct Switch {
  const App& app;
  std::string from, to;       // release directory names; from is empty the first time
  std::uint32_t attempt = 1;  // over crashes
  std::string reason = {};    // of a roll back
  std::stop_token stop = {};  // a step that it ends throws Errc::interrupted
};

enum class StepResult {
  ok,
  retry,  // run it again at once: the step itself paces its tries and throws at its deadline
  defer,  // not now, from pre_activate only: nothing is switched
};

// How a step that knows more than "failed" fails: with a hook's exit status, or a reason of its
// own.
class StepFailed : public Error {
 public:
  StepFailed(const std::string& what, std::int32_t exit, std::string_view reason = {},
             std::string help = {})
      : Error(Errc::failed, what, std::move(help)), exit_(exit), reason_(reason) {}

  std::int32_t exit() const noexcept { return exit_; }
  const std::string& reason() const noexcept { return reason_; }  // empty: named by the step

 private:
  std::int32_t exit_;
  std::string reason_;
};

using Step = std::function<StepResult(const Switch&)>;
using NotifyStep = std::function<void(const Switch&)>;

// A Step throws to fail. What a NotifyStep throws goes to the history and changes nothing.
struct ActivationSteps {
  Step pre_activate = {};  // before anything is visible
  Step activate = {};      // current is the new one
  Step health = {};        // of the new one
  Step rollback = {};      // current is the old one again: starts it and finds it healthy
  NotifyStep post_activate = {};
  NotifyStep post_rollback = {};
  std::uint32_t max_attempts = 3;  // over crashes
  std::stop_token stop = {};
};

struct ActivationResult {
  std::string from, to;  // release directory names
  bool changed = true;   // false: it was current and committed already
};

// A switch of which only the rename is left to do.
struct Prepared {
  std::string dir;
  std::uint64_t sequence = 0;  // of its record
};

// Checks, runs pre_activate and makes the links durable. Conflict when dir is current already.
Prepared prepare(const App& app, const std::string& dir, const ActivationSteps& steps = {},
                 std::uint64_t version = 0);

// One rename and its sync, then what follows. Conflict when the record moved on since.
ActivationResult commit(const App& app, const Prepared& prepared,
                        const ActivationSteps& steps = {});

// Both, of a staged release (its directory's name). Lets go of a hold or a rejection of that one.
ActivationResult activate(const App& app, const std::string& dir, const ActivationSteps& steps = {},
                          std::uint64_t version = 0);

// Goes back to .rollback: no network, no space needed. With `hold` the node then stays there until
// its channel rises above the version it has now, or resume().
ActivationResult rollback(const App& app, const ActivationSteps& steps = {}, bool hold = true);

// Lets go of a hold, and lets a rejected release be tried again; false when there was neither.
bool resume(const App& app);

// FAULT to ABORTED, so that the node moves again. The release that failed stays rejected. False
// when there was no fault.
bool clear_fault(const App& app);

struct Recovery {
  std::string name;
  Phase found = Phase::none;
  Phase left = Phase::none;
  std::string error = {};   // why this name could not be recovered; empty: it was
  std::size_t removed = 0;  // leftovers under incoming/, trash/ and temporary links
};

// Finishes or undoes what a crash interrupted, on every name of the root. Run it
// under the lock before any network. Idempotent. What is wrong with one name is told in its
// Recovery and keeps no other from being recovered.
std::vector<Recovery> recover(const Root& root, const ActivationSteps& steps = {});

}  // namespace roost::store
