// After the registration: seeding until the goal is met, or until a daemon has it all.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <mutex>

#include "seeder/hand_over.hpp"
#include "seeder/publisher.hpp"

namespace roost::seeder {
namespace {

using namespace std::chrono_literals;

constexpr auto kLook = 50ms;  // at our own peers
constexpr auto kAsk = 250ms;  // the tracker
constexpr auto kDaemonAway = 10s;

void sleep_for(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, time, [] { return false; });
}

bool transient(const Error& error) {
  return error.code() == Errc::unavailable || error.code() == Errc::deadline;
}

}  // namespace

GoalFacts Publisher::facts_of(const proto::NodeCounts& nodes) const {
  GoalFacts facts;
  facts.nodes = nodes;
  facts.subject = subject();
  facts.followed = followed();
  if (seeding_) {
    facts.copies = seeding_->copies();
    facts.peers = seeding_->peers();
  }
  if (registered_) {
    facts.seeding =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - seeding_since_);
  }
  if (has_deadline(options_.goal)) facts.limit = options_.timeout;
  return facts;
}

// What the tracker says of the nodes; while it is away, what it said last.
void Publisher::refresh(TrackerClient& tracker) {
  try {
    const auto summary = tracker.release(*result_.release_id);
    if (!summary) throw Error(Errc::not_found, "seed " + subject() + ": it was unpublished");
    nodes_ = summary->nodes;
    tracker_away_ = false;
  } catch (const Error& error) {
    if (error.code() == Errc::interrupted) return;  // the loop sees the stop
    if (!transient(error)) throw;
    if (!tracker_away_) observer_.on_note(std::string(error.what()) + "; seeding goes on");
    tracker_away_ = true;
  }
}

void Publisher::pause_or_stop() {
  if (const auto failure = seeding_->failure()) {
    throw Error(Errc::partial,
                fmt::format("seed {}: it is registered, but seeding failed: {}", subject(),
                            failure->what()),
                "publish the same tree again to seed on");
  }
  if (user_stop_.stop_requested()) stopped_seeding();
  sleep_for(kLook, user_stop_);
}

void Publisher::take_stock() {
  const auto facts = facts_of(nodes_);
  result_.copies = std::isfinite(facts.copies) ? facts.copies : holders(facts);
  result_.staged = staged(facts);
  result_.uploaded = seeding_->uploaded();
  result_.seed_s = std::chrono::duration<double>(Clock::now() - seeding_since_).count();
}

void Publisher::stopped_seeding() {
  take_stock();
  throw Error(
      Errc::interrupted,
      fmt::format("publish {}: stopped seeding; it is registered as {}{}{}, {:.2f} copies "
                  "are out",
                  subject(), result_.release_id->short_hex(),
                  options_.channels.empty() ? "" : " and named by ", followed(), result_.copies),
      "publish the same tree again to seed on");
}

void Publisher::seed() {
  observer_.on_phase(Phase::seed);
  TrackerClient tracker(options_.tracker, user_stop_, 2s);
  auto ask_at = Clock::now();
  while (true) {
    if (Clock::now() >= ask_at) {
      refresh(tracker);
      ask_at = Clock::now() + kAsk;
    }
    const auto facts = facts_of(nodes_);
    const auto verdict = evaluate(options_.goal, facts);
    if (const auto* done = std::get_if<Done>(&verdict)) {
      result_.ended = done->text;
      return take_stock();
    }
    observer_.on_seeding(
        {std::get<Waiting>(verdict).text, facts, seeding_->uploaded(), seeding_->upload_rate(), 0});
    if (has_deadline(options_.goal) && deadline_.expired()) {
      const auto error = missed(options_.goal, facts);
      // Nobody asked for copies of what was published before; that it is there is the success.
      if (result_.created || !std::holds_alternative<Copies>(options_.goal)) throw Error(error);
      result_.ended = error.what();
      return take_stock();
    }
    pause_or_stop();
  }
}

// Nothing when the daemon is away for a moment.
std::optional<proto::SeedStatus> Publisher::ask(DaemonClient& daemon, bool asked_before) {
  try {
    // A daemon that lost its directory has forgotten that it was asked.
    auto status = asked_before ? daemon.status(*result_.release_id) : std::nullopt;
    if (!status) status = daemon.take_over({*result_.release_id, our_address()});
    daemon_heard_ = Clock::now();
    return status;
  } catch (const Error& error) {
    if (user_stop_.stop_requested()) stopped_seeding();
    if (asked_before && transient(error) && Clock::now() - daemon_heard_ < kDaemonAway) {
      return std::nullopt;
    }
    throw Error(Errc::partial,
                fmt::format("publish {}: it is registered, but the seeder does not have it: {}",
                            subject(), error.what()),
                "publish the same tree again to seed on");
  }
}

void Publisher::hand_over() {
  observer_.on_phase(Phase::seed);
  DaemonClient daemon(*options_.seeder, user_stop_, 5s);
  auto status = *ask(daemon, false);
  while (status.state != proto::SeedState::serving) {
    const auto share = status.bytes == 0 ? 0.0
                                         : static_cast<double>(status.bytes_have) /
                                               static_cast<double>(status.bytes);
    observer_.on_seeding({fmt::format("{} has {:.0f} %", options_.seeder->authority(), share * 100),
                          facts_of(nodes_), seeding_->uploaded(), seeding_->upload_rate(), share});
    if (status.state == proto::SeedState::failed || deadline_.expired()) {
      throw Error(
          Errc::partial,
          fmt::format("publish {}: it is registered, but the seeder {} does not have it: {}",
                      subject(), options_.seeder->authority(),
                      status.reason.empty() ? "the time was over" : status.reason),
          "publish the same tree again to seed on");
    }
    pause_or_stop();
    if (const auto now = ask(daemon, true)) status = *now;
  }
  hand_over_to(status);
}

// From here on nodes are told of the daemon, not of us.
void Publisher::hand_over_to(const proto::SeedStatus& status) {
  take_stock();
  result_.ended = options_.seeder->authority() + " serves it";
  const auto address = reachable(status, *options_.seeder);
  if (!address) return;
  try {
    known_ = look_up();
    if (!known_) return;
    auto request = registration();
    request.seeder = *address;
    request.zone = status.zone;  // the daemon's: it may be in another than we are
    tracker_.register_release(request);
  } catch (const Error& error) {
    observer_.on_note(fmt::format("{}; nodes learn of the seeder by its announces", error.what()));
  }
}

}  // namespace roost::seeder
