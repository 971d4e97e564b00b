#include "core/store/switching.hpp"

#include <fcntl.h>

#include <nlohmann/json.hpp>

#include "core/store/files.hpp"
#include "core/store/layout.hpp"
#include "core/store/status.hpp"

namespace roost::store {
namespace {

void run(const std::function<void(const Switch&)>& step, const Switch& what) {
  if (step) step(what);
}

bool unfinished(Phase phase) {
  return phase == Phase::prepared || phase == Phase::switched || phase == Phase::rolling_back;
}

}  // namespace

Switching::Switching(const App& app, const ActivationSteps& steps)
    : app_(app), fs_(app.fs()), steps_(steps), file_(app) {}

void Switching::write(Transaction t, Phase phase) {
  t.phase = phase;
  file_.write(std::move(t));
  record(file_.last());
}

// For people; the transaction file is what counts. So a full disk doesn't stop a switch here.
void Switching::record(const Transaction& t) noexcept {
  try {
    nlohmann::json line{{"time", t.time},
                        {"transaction", t.sequence},
                        {"phase", phase_name(t.phase)},
                        {"from", t.from},
                        {"to", t.to}};
    if (!t.reason.empty()) line["reason"] = t.reason;
    const auto fd = fs_.open(app_.dir(), layout::kHistory, O_WRONLY | O_CREAT | O_NOFOLLOW, 0644);
    const auto end = static_cast<std::uint64_t>(fs_.stat(fd.get()).st_size);
    fs_.write(fd.get(), as_bytes(line.dump() + "\n"), end);
  } catch (const std::exception&) {
    return;
  }
}

void Switching::activate(const std::string& to) {
  Transaction t;
  t.from = app_.current().value_or("");
  t.to = to;
  t.fallback = app_.rollback_target().value_or("");
  write(t, Phase::prepared);
  try {
    run(steps_.pre_activate, {app_, t.from, t.to});
  } catch (...) {
    abandon("pre_activate_failed");
    throw;
  }
  try {
    make_links(to);
    flip(to);
    t.attempts = 1;  // counted before the try
    write(t, Phase::switched);
  } catch (const Error& error) {
    abandon(errc_info(error.code()).name);
    throw;
  }
  run_new(file_.last());
}

// Both links are made and durable before anything is visible: what follows is one rename.
void Switching::make_links(const std::string& to) {
  const auto number = file_.last().sequence;
  fs_.symlink(layout::link_target(to), app_.dir(),
              layout::temporary_link(layout::kCurrent, number));
  if (!file_.last().from.empty()) replace_link(layout::kRollback, file_.last().from);
  fs_.sync(app_.dir());
}

void Switching::flip(const std::string& to) {
  fs_.rename(app_.dir(), layout::temporary_link(layout::kCurrent, file_.last().sequence),
             app_.dir(), layout::kCurrent);  // visible
  fs_.sync(app_.dir());                      // durable
  if (app_.current() != to) {
    throw Error(Errc::failed, "activate " + to + ": current reads back as another release",
                "something else writes to " + app_.path().string());
  }
}

void Switching::replace_link(const char* link, const std::string& dir) {
  const auto temporary = layout::temporary_link(link, file_.last().sequence);
  fs_.symlink(layout::link_target(dir), app_.dir(), temporary);
  fs_.rename(app_.dir(), temporary, app_.dir(), link);
}

// `current` is the new release, durably, and the record says SWITCHED with this try counted.
void Switching::run_new(Transaction t) {
  const Switch what{app_, t.from, t.to};
  const char* step = "activate_failed";
  try {
    run(steps_.activate, what);
    step = "health_failed";
    run(steps_.health, what);
  } catch (...) {
    go_back(t, step);
    throw;
  }
  write(std::move(t), Phase::committed);
}

// From a switch that went wrong to the release before it, or to none.
void Switching::go_back(const Transaction& t, const std::string& reason) {
  if (t.from.empty()) return undo(reason);
  Transaction back;
  back.to = t.from;
  back.fallback = t.fallback;
  back.reason = reason;
  roll_back(std::move(back));
}

// As if the switch had never begun. Only the restoring of an older fallback needs space, and may
// fail without harm.
void Switching::undo(const std::string& reason) {
  Transaction t = file_.last();
  const auto current = app_.current().value_or("");
  if (current == t.to && current != t.from) {
    if (t.from.empty()) {
      fs_.unlink(app_.dir(), layout::kCurrent);
    } else {
      fs_.rename(app_.dir(), layout::kRollback, app_.dir(), layout::kCurrent);
    }
    fs_.sync(app_.dir());
  }
  for (const char* link : {layout::kCurrent, layout::kRollback}) {
    const auto temporary = layout::temporary_link(link, t.sequence);
    if (fs_.stat_at(app_.dir(), temporary)) fs_.unlink(app_.dir(), temporary);
  }
  if (!t.from.empty()) restore_fallback(t.fallback);
  t.reason = reason;
  write(std::move(t), Phase::aborted);
}

// undo(), where the caller is about to throw the cause. If this fails too, the record still says
// PREPARED and settle() undoes it later.
void Switching::abandon(std::string_view reason) noexcept {
  try {
    undo(std::string(reason));
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
  write(std::move(t), Phase::rolling_back);
  finish_rollback();
}

void Switching::finish_rollback() {
  Transaction t = file_.last();
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
  try {
    run(steps_.rollback, {app_, t.from, t.to});
  } catch (...) {
    // The old one doesn't run either: stop here, rather than swing between the two.
    t.reason = "rollback_failed";
    write(std::move(t), Phase::fault);
    throw;
  }
  const auto fallback = t.fallback;
  write(std::move(t), Phase::rolled_back);
  if (!fallback.empty()) restore_fallback(fallback);
}

void Switching::settle() {
  try {
    settle_once();
  } catch (const std::exception&) {
    // A step failed again, and the switch was undone: the record says why. Anything that leaves
    // the switch half done is for the caller.
    if (unfinished(last().phase)) throw;
  }
}

void Switching::settle_once() {
  Transaction t = file_.last();
  const auto current = app_.current().value_or("");
  switch (t.phase) {
    case Phase::prepared:
      if (current != t.to || current == t.from) return undo("interrupted");
      fs_.sync(app_.dir());  // it was visible, but perhaps not durable
      break;
    case Phase::switched:
      if (t.attempts >= steps_.max_attempts) return go_back(t, "attempts_exhausted");
      break;
    case Phase::rolling_back:
      return finish_rollback();
    default:
      return;
  }
  ++t.attempts;
  write(std::move(t), Phase::switched);
  run_new(file_.last());
}

void Switching::let_go() {
  Transaction t = file_.last();
  t.held.reset();
  const auto phase = t.phase;
  write(std::move(t), phase);
}

}  // namespace roost::store
