#include "core/store/switching.hpp"

#include <limits>
#include <utility>

#include "core/store/files.hpp"
#include "core/store/history.hpp"
#include "core/store/layout.hpp"
#include "core/store/reasons.hpp"
#include "core/store/status.hpp"
#include "core/store/trust.hpp"

namespace roost::store {
namespace {

bool unfinished(Phase phase) {
  return phase == Phase::prepared || phase == Phase::switched || phase == Phase::rolling_back;
}

void throw_if_stopped(const Switch& what) {
  if (what.stop.stop_requested()) {
    throw Error(Errc::interrupted, "switch " + what.app.name().str() + ": stopped");
  }
}

StepResult run(const Step& step, const Switch& what) {
  if (!step) return StepResult::ok;
  for (;;) {
    throw_if_stopped(what);
    const auto result = step(what);
    if (result != StepResult::retry) return result;
  }
}

// A step that can't be deferred any more.
void run_now(const Step& step, const Switch& what) {
  if (run(step, what) == StepResult::defer) {
    throw StepFailed("switch " + what.app.name().str() + ": only pre_activate may defer", 77);
  }
}

// The hold and the rejection last while their channel's version is not above theirs.
void forget_older_than(std::uint64_t version, Transaction& t) {
  if (t.held && version > *t.held) {
    t.held.reset();
    t.held_from.clear();
  }
  if (t.rejection && version > t.rejection->version) t.rejection.reset();
}

// Now that it runs, there is nothing against it.
void forget_against(const std::string& dir, Transaction& t) {
  if (t.held_from == dir) {
    t.held.reset();
    t.held_from.clear();
  }
  if (t.rejection && t.rejection->dir == dir) t.rejection.reset();
}

// If it is at fault: `t` says why it failed, and who asked for it.
void reject(const std::string& dir, Transaction& t) {
  if (t.version == 0 || !reason::blames_release(t.reason)) return;
  t.rejection = Rejection{dir, t.version, t.reason};
}

struct Failure {
  bool stopped = false;
  std::string reason;
  std::int32_t exit = 0;
};

// Of the exception that is being handled, thrown by the step that is called so.
Failure failure_of(std::string_view step) {
  try {
    throw;
  } catch (const StepFailed& failed) {
    return {false, failed.reason().empty() ? std::string(step) : failed.reason(), failed.exit()};
  } catch (const Error& error) {
    return {error.code() == Errc::interrupted, std::string(step), 0};
  } catch (...) {
    return {false, std::string(step), 0};
  }
}

}  // namespace

// A rollback must work on a node whose trust state is damaged; then only resume() lets go.
std::uint64_t version_to_hold(const App& app) {
  try {
    return TrustState(app.root()).highest_version(app.name());
  } catch (const Error&) {
    return std::numeric_limits<std::uint64_t>::max();
  }
}

Switching::Switching(const App& app, const ActivationSteps& steps)
    : app_(app), fs_(app.fs()), steps_(steps), file_(app) {}

Switch Switching::what() const {
  const auto& t = last();
  return {app_, t.from, t.to, t.attempts, t.reason, steps_.stop};
}

Transaction Switching::next() const {
  Transaction t;
  t.held = last().held;
  t.held_from = last().held_from;
  t.rejection = last().rejection;
  return t;
}

void Switching::write(Transaction t, Phase phase) {
  t.phase = phase;
  file_.write(std::move(t));
  record(phase_name(phase), last().reason, last().exit);
}

// For people; the transaction file is what counts. So a full disk doesn't stop a switch here.
void Switching::record(std::string_view phase, std::string_view reason,
                       std::int32_t exit) noexcept {
  try {
    const auto& t = last();
    append(app_, {t.time, t.sequence, std::string(phase), t.from, t.to, std::string(reason), exit});
  } catch (const std::exception&) {
    return;
  }
}

void Switching::notify(const NotifyStep& step, std::string_view reason) noexcept {
  try {
    if (step) step(what());
  } catch (...) {
    const auto failure = failure_of(reason);
    record(phase_name(last().phase), failure.reason, failure.exit);
  }
}

void Switching::prepare(const std::string& to, std::uint64_t version, bool will_wait) {
  auto t = next();
  forget_older_than(version, t);
  t.from = app_.current().value_or("");
  t.to = to;
  t.fallback = app_.rollback_target().value_or("");
  t.version = version;
  t.attempts = 1;  // counted before the try
  const bool again = last().phase == Phase::aborted && last().reason == reason::kInterrupted;
  if (again && last().to == to) t.attempts += last().attempts;
  if (t.attempts > steps_.max_attempts) {
    t.reason = reason::kAttemptsExhausted;
    reject(to, t);
    write(std::move(t), Phase::aborted);
    throw Error(Errc::failed,
                "activate " + to + ": the node died " + std::to_string(steps_.max_attempts) +
                    " times while it was prepared",
                "look at its pre_activate; `roost activate` tries again");
  }
  write(std::move(t), Phase::prepared);
  try {
    if (run(steps_.pre_activate, what()) == StepResult::defer) {
      abandon(reason::kDeferred, 77);
      throw Error(Errc::unavailable, "activate " + to + ": its pre_activate says not now");
    }
  } catch (...) {
    if (last().phase != Phase::prepared) throw;
    const auto failure = failure_of(reason::kPreActivateFailed);
    failure.stopped ? give_back_attempt() : abandon(failure.reason, failure.exit);
    throw;
  }
  try {
    make_links();
    if (!will_wait) return;
    t = last();
    t.ready = true;
    t.attempts = 0;  // that try went well
    write(std::move(t), Phase::prepared);
  } catch (const Error& error) {
    abandon(errc_info(error.code()).name);
    throw;
  }
}

void Switching::commit() {
  try {
    flip();
    Transaction t = last();
    t.ready = false;
    t.attempts = 1;  // of activate and health, counted before the try
    write(std::move(t), Phase::switched);
  } catch (const Error& error) {
    abandon(errc_info(error.code()).name);
    throw;
  }
  run_new();
}

// Both links are made and durable before anything is visible: what follows is one rename.
void Switching::make_links() {
  const auto& t = last();
  fs_.symlink(layout::link_target(t.to), app_.dir(),
              layout::temporary_link(layout::kCurrent, t.sequence));
  if (!t.from.empty()) replace_link(layout::kRollback, t.from);
  fs_.sync(app_.dir());
}

void Switching::flip() {
  const auto& t = last();
  // The links bear the number of the first PREPARED; the ready one is the next.
  const auto number = t.ready ? t.sequence - 1 : t.sequence;
  fs_.rename(app_.dir(), layout::temporary_link(layout::kCurrent, number), app_.dir(),
             layout::kCurrent);  // visible
  fs_.sync(app_.dir());          // durable
  if (app_.current() != t.to) {
    throw Error(Errc::failed, "activate " + t.to + ": current reads back as another release",
                "something else writes to " + app_.path().string());
  }
}

void Switching::replace_link(const char* link, const std::string& dir) {
  const auto temporary = layout::temporary_link(link, last().sequence);
  // What died between the two leaves it; a restart repeats this with the same record.
  if (fs_.stat_at(app_.dir(), temporary)) fs_.unlink(app_.dir(), temporary);
  fs_.symlink(layout::link_target(dir), app_.dir(), temporary);
  fs_.rename(app_.dir(), temporary, app_.dir(), link);
}

// `current` is the new release, durably, and the record says SWITCHED with this try counted.
void Switching::run_new() {
  auto step = reason::kActivateFailed;
  try {
    run_now(steps_.activate, what());
    step = reason::kHealthFailed;
    run_now(steps_.health, what());
  } catch (...) {
    const auto failure = failure_of(step);
    failure.stopped ? give_back_attempt() : go_back(failure.reason, failure.exit);
    throw;
  }
  Transaction t = last();
  forget_against(t.to, t);
  write(std::move(t), Phase::committed);
  notify(steps_.post_activate, reason::kPostActivateFailed);
}

// A step that was stopped with this process has not been tried.
void Switching::give_back_attempt() noexcept {
  try {
    Transaction t = last();
    if (t.attempts > 0) --t.attempts;
    const auto phase = t.phase;
    write(std::move(t), phase);
  } catch (const std::exception&) {
    return;  // then it counts
  }
}

// From a switch that went wrong to the release before it, or to none.
void Switching::go_back(const std::string& reason, std::int32_t exit) {
  const auto& t = last();
  if (t.from.empty()) return undo(reason, exit);
  auto back = next();
  back.to = t.from;
  back.fallback = t.fallback;
  back.version = t.version;
  back.reason = reason;
  back.exit = exit;
  reject(t.to, back);
  roll_back(std::move(back));
}

// As if the switch had never begun. Only the restoring of an older fallback needs space, and may
// fail without harm.
void Switching::undo(const std::string& reason, std::int32_t exit) {
  Transaction t = last();
  const auto current = app_.current().value_or("");
  if (current == t.to && current != t.from) {
    if (t.from.empty()) {
      fs_.unlink(app_.dir(), layout::kCurrent);
    } else {
      fs_.rename(app_.dir(), layout::kRollback, app_.dir(), layout::kCurrent);
    }
    fs_.sync(app_.dir());
  }
  remove_temporary_links();
  if (!t.from.empty()) restore_fallback(t.fallback);
  t.ready = false;
  t.reason = reason;
  t.exit = exit;
  reject(t.to, t);
  write(std::move(t), Phase::aborted);
}

void Switching::remove_temporary_links() {
  for (const auto& entry : fs_.list(app_.dir())) {
    if (layout::is_temporary_link(entry.name)) fs_.unlink(app_.dir(), entry.name);
  }
}

// undo(), where the caller is about to throw the cause. If this fails too, the record still says
// PREPARED and settle() undoes it later.
void Switching::abandon(std::string_view reason, std::int32_t exit) noexcept {
  try {
    undo(std::string(reason), exit);
  } catch (const std::exception&) {
    return;
  }
}

void Switching::restore_fallback(const std::string& fallback) {
  try {
    const auto there = app_.rollback_target().value_or("");
    if (there == fallback) return;
    if (!fallback.empty() && read_staged(app_, fallback)) {
      replace_link(layout::kRollback, fallback);
    } else if (!there.empty()) {
      fs_.unlink(app_.dir(), layout::kRollback);
    }
    fs_.sync(app_.dir());
  } catch (const Error&) {
    return;  // the release that runs is untouched; the next activation makes a new one
  }
}

void Switching::roll_back(Transaction t) {
  t.from = app_.current().value_or("");
  t.attempts = 1;  // of the rollback step, counted before the try
  write(std::move(t), Phase::rolling_back);
  finish_rollback();
  run_old();
}

// Makes the old release current again, durably.
void Switching::finish_rollback() {
  const auto& t = last();
  if (app_.current() != t.to) {
    // Made in advance, so this needs no space; only if somebody removed it is it made now.
    if (app_.rollback_target() != t.to) replace_link(layout::kRollback, t.to);
    fs_.rename(app_.dir(), layout::kRollback, app_.dir(), layout::kCurrent);
  }
  fs_.sync(app_.dir());
  if (app_.current() != t.to) {
    throw Error(Errc::failed, "roll back to " + t.to + ": current reads back as another release",
                "something else writes to " + app_.path().string());
  }
}

void Switching::run_old() {
  try {
    run_now(steps_.rollback, what());
  } catch (...) {
    const auto failure = failure_of(reason::kRollbackFailed);
    if (failure.stopped) {
      give_back_attempt();
      throw;
    }
    // The old one doesn't run either: stop here, rather than swing between the two.
    Transaction t = last();
    t.reason = failure.reason;
    t.exit = failure.exit;
    write(std::move(t), Phase::fault);
    throw;
  }
  write(last(), Phase::rolled_back);
  if (!last().fallback.empty()) restore_fallback(last().fallback);
  notify(steps_.post_rollback, reason::kPostRollbackFailed);
}

void Switching::settle() {
  try {
    settle_once();
  } catch (const std::exception&) {
    // A step failed again, and the switch was undone: the record says why. Anything that leaves
    // the switch half done is for the caller.
    if (unfinished(last().phase) || last().damaged) throw;
  }
}

void Switching::settle_once() {
  if (last().damaged) return record_damage();
  Transaction t = last();
  const auto current = app_.current().value_or("");
  switch (t.phase) {
    case Phase::prepared:
      if (current != t.to || current == t.from) return undo(std::string(reason::kInterrupted));
      fs_.sync(app_.dir());  // it was visible, but perhaps not durable
      t.ready = false;
      t.attempts = 0;  // none of activate and health yet
      break;
    case Phase::switched:
      if (current != t.to) return undo(std::string(reason::kInterrupted));
      if (t.attempts >= steps_.max_attempts) {
        return go_back(std::string(reason::kAttemptsExhausted), 0);
      }
      break;
    case Phase::rolling_back:
      return settle_rollback();
    case Phase::rolled_back:
    case Phase::aborted:
      // Died before it had made the older way back again.
      if (!t.fallback.empty() && t.fallback != current && !app_.rollback_target()) {
        restore_fallback(t.fallback);
      }
      return;
    default:
      return;
  }
  ++t.attempts;
  write(std::move(t), Phase::switched);
  run_new();
}

// The rename is done again however often it was cut short; what may kill the node is the step.
void Switching::settle_rollback() {
  finish_rollback();
  Transaction t = last();
  if (steps_.rollback && t.attempts >= steps_.max_attempts) {
    t.reason = reason::kAttemptsExhausted;
    return write(std::move(t), Phase::fault);
  }
  ++t.attempts;
  write(std::move(t), Phase::rolling_back);
  run_old();
}

// `current` is the truth. Which release was bad is forgotten, so the node stays where it is until
// its channel moves on or an operator says so.
void Switching::record_damage() {
  Transaction t;
  t.to = app_.current().value_or("");
  t.from = t.to;
  t.reason = reason::kRecordDamaged;
  t.held = version_to_hold(app_);
  remove_temporary_links();  // their numbers begin anew
  write(std::move(t), Phase::aborted);
}

// As after an activation that was undone: `from` runs, `to` failed.
void Switching::clear_fault() {
  Transaction t = last();
  std::swap(t.from, t.to);
  const auto fallback = t.fallback;
  write(std::move(t), Phase::aborted);
  if (!fallback.empty()) restore_fallback(fallback);
}

void Switching::let_go() {
  Transaction t = last();
  t.held.reset();
  t.held_from.clear();
  t.rejection.reset();
  const auto phase = t.phase;
  write(std::move(t), phase);
}

}  // namespace roost::store
