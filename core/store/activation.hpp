// Switching `current`: activate, roll back, resume, and recovery after a crash.
//
// Every switch is a transaction in the preallocated file `tx`; `current` is the
// truth, and it changes by one rename. Success is returned only once it is
// durable. Each function first settles what an interrupted one left. All need the
// root's lock and one thread per App. Errors: not_found (not staged, nothing to go
// back to), no_space, whatever a step throws (the switch is then undone).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  fault,  // neither the new nor the old release could be made to run
};

std::string_view phase_name(Phase phase) noexcept;

// What the newest valid slot of `tx` says.
struct Transaction {
  std::uint64_t sequence = 0;
  Phase phase = Phase::none;
  std::uint32_t attempts = 0;  // counted before each try of `activate` and `health`
  std::int64_t time = 0;       // seconds since the epoch
  std::string from;            // release directory names; empty: none
  std::string to;
  std::string fallback;  // what .rollback named before this began
  std::string reason;    // a stable code, e.g. "health_failed"; empty when all went well
  std::optional<std::uint64_t> held;  // rolled back by hand at this channel version
};

Transaction read_transaction(const App& app);

// What runs around a switch; empty ones are skipped. Each throws to fail.
struct Switch {
  const App& app;
  std::string from, to;  // release directory names; from is empty the first time
};
struct ActivationSteps {
  std::function<void(const Switch&)> pre_activate;  // before anything is visible
  std::function<void(const Switch&)> activate;      // current is the new one
  std::function<void(const Switch&)> health;
  std::function<void(const Switch&)> rollback;  // current is the old one again
  std::uint32_t max_attempts = 3;               // over crashes, of activate and health
};

struct ActivationResult {
  std::string from, to;  // release directory names
  bool changed = true;   // false: it was current and committed already
};

// Switches to a staged release (its directory's name). Lets go of a hold.
ActivationResult activate(const App& app, const std::string& dir,
                          const ActivationSteps& steps = {});

// Goes back to .rollback: no network, no space needed. With `hold` the node then stays there until
// its channel rises above the version it has now, or resume().
ActivationResult rollback(const App& app, const ActivationSteps& steps = {}, bool hold = true);

// Lets go of a hold; false when there was none.
bool resume(const App& app);

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
