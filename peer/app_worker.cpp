#include "peer/app_worker.hpp"

#include <random>

#include "core/base/backoff.hpp"
#include "core/base/log.hpp"
#include "core/base/units.hpp"
#include "core/store/activation.hpp"
#include "core/store/layout.hpp"
#include "core/store/status.hpp"
#include "peer/delivery.hpp"

namespace roost::peer {

using namespace std::chrono_literals;
using proto::TransferState;

namespace {

using Clock = std::chrono::steady_clock;

// What is made by then of the image that a release's patches need.
constexpr auto kBasePatience = 30s;

Delivered delivered(const VerifiedOffer& offer, Clock::time_point received,
                    Clock::time_point started, const DeliveryTimes& times, HoldingStats stats) {
  // The monotonic clock measures; one reading of both turns its moments into the machine's.
  const auto wall = std::chrono::system_clock::now();
  const auto steady = Clock::now();
  const auto moment = [&](Clock::time_point from, std::chrono::duration<double> after) {
    const auto ago = steady - from - std::chrono::duration_cast<Clock::duration>(after);
    return wall - std::chrono::duration_cast<Delivered::Moment::duration>(ago);
  };
  Delivered result{
      offer.descriptor().release,
      offer.id(),
      moment(received, {}),
      std::nullopt,
      moment(started, std::max({times.to_index, times.to_patches, times.to_last_piece})),
      moment(started, times.to_staged),
      times.sync,
      std::move(stats)};
  if (times.to_first_piece.count() > 0) {
    result.first_piece = moment(started, times.to_first_piece);
  }
  return result;
}

}  // namespace

AppWorker::AppWorker(Node& node, release::ChannelRef channel, bool stage_only, Events events)
    : node_(node),
      channel_(std::move(channel)),
      stage_only_(stage_only),
      events_(std::move(events)),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

AppWorker::~AppWorker() {
  thread_.request_stop();
}

void AppWorker::offer(const VerifiedOffer& offer) {
  const std::lock_guard lock(mutex_);
  // The same release again (a reconnect, or a move back and forth) brings neighbours
  // and perhaps a newer statement; only another release ends what is under way.
  const bool same = wanted_ && wanted_->offer.id() == offer.id();
  const auto received = same ? wanted_->received : Clock::now();
  if (wanted_ && !same) fetching_.request_stop();
  wanted_ = Wanted{offer, received};
  again_ = true;
  wake_.notify_all();
}

void AppWorker::withdraw(const release::ReleaseId& id) {
  const std::lock_guard lock(mutex_);
  node_.images().drop(id);
  if (!wanted_ || wanted_->offer.id() != id) return;
  wanted_.reset();
  fetching_.request_stop();
}

void AppWorker::reconsider() {
  const std::lock_guard lock(mutex_);
  again_ = true;
  wake_.notify_all();
}

void AppWorker::work(const std::stop_token& stop) {
  std::mt19937_64 rng{std::random_device{}()};
  Backoff backoff(1s, 60s);
  std::optional<Monotonic> retry;
  while (!stop.stop_requested()) {
    const auto wanted = next_wanted(stop, retry);
    if (!wanted) {  // withdrawn meanwhile: nothing to try again
      retry.reset();
      backoff.reset();
      continue;
    }
    if (attend(*wanted, stop)) {
      backoff.reset();
      retry.reset();
    } else {
      retry = Clock::now() + backoff.next(rng);
    }
    if (events_.changed) events_.changed();
  }
}

std::optional<AppWorker::Wanted> AppWorker::next_wanted(const std::stop_token& stop,
                                                        std::optional<Monotonic> retry) {
  std::unique_lock lock(mutex_);
  const auto something = [&] { return again_; };
  if (retry) {
    wake_.wait_until(lock, stop, *retry, something);
  } else {
    wake_.wait(lock, stop, something);
  }
  if (stop.stop_requested()) return std::nullopt;
  again_ = false;
  fetching_ = std::stop_source{};
  return wanted_;
}

// True when there is nothing more to do until something changes.
bool AppWorker::attend(const Wanted& wanted, const std::stop_token& stop) {
  const auto& offer = wanted.offer;
  try {
    const auto& statement = offer.channel()->statement();
    node_.floors().raise_channel(statement.channel, statement.version, statement.release_id);
    const auto app = store::App::open(node_.root(), channel_.name);
    const Desired desired{offer.id(), statement.version, stage_only_};
    auto next = plan(desired, observe(app));
    std::shared_ptr<Holding> fetched;
    if (std::holds_alternative<Fetch>(next)) {
      fetched = fetch(wanted, stop);
      next = plan(desired, observe(app));
    } else {
      node_.greet(offer, stop);
    }
    bool done = true;
    if (std::holds_alternative<Activate>(next)) {
      done = activate(desired, offer, app, stop);
      next = plan(desired, observe(app));
    }
    if (fetched) node_.images().add(fetched);  // nothing of it before the release runs
    if (done) settle_state(offer, app, next);
    return done;
  } catch (const Error& error) {
    if (error.code() == Errc::interrupted) {
      // The stop, or a newer offer waits: then what is half here is of no more use.
      if (!stop.stop_requested()) node_.drop(offer.id());
      return true;
    }
    log::error("{}: {}", channel_.str(), error.what());
    const bool damaged = node_.fail(offer, error, stop);
    // What is wrong with the offer, or with how this node was started, stays wrong.
    return (error.code() == Errc::integrity && !damaged) || error.code() == Errc::usage;
  }
}

Observed AppWorker::observe(const store::App& app) const {
  const auto status = store::status(app);
  Observed observed;
  observed.held_at = status.last.held;
  // What was bad is forgotten; settling the record, at a start or by a command, makes a hold of it.
  if (status.last.damaged) observed.held_at = node_.floors().highest_version(channel_.name);
  observed.fault = status.last.phase == store::Phase::fault;
  const auto& rejection = status.last.rejection;
  for (const auto& info : status.staged) {
    observed.staged.push_back(info.id);
    if (status.current == info.dir) observed.current = info.id;
    if (rejection && rejection->dir == info.dir) {
      observed.rejected = {info.id, rejection->version, rejection->reason};
    }
  }
  return observed;
}

std::shared_ptr<Holding> AppWorker::fetch(const Wanted& wanted, const std::stop_token& stop) {
  std::stop_source fetching;
  {
    const std::lock_guard lock(mutex_);
    fetching = fetching_;
  }
  const std::stop_callback both(stop, [&] { fetching.request_stop(); });
  const auto& release = wanted.offer.descriptor().release;
  log::info("{}: fetching {}", channel_.str(), release.str());
  if (const auto& base = wanted.offer.descriptor().base) {  // patches need its whole image
    node_.await_image(base->id, Deadline::in(kBasePatience), fetching.get_token());
  }
  const auto holding = node_.hold(wanted.offer, Node::Purpose::deliver, fetching.get_token());
  node_.set_state(wanted.offer.id(), TransferState::fetching);
  if (events_.changed) events_.changed();
  Delivery delivery(node_.root(), *holding, node_.config().stage, node_.limits());
  const auto started = Clock::now();
  delivery.run(fetching.get_token());
  const std::chrono::duration<double> took = Clock::now() - wanted.received;
  node_.set_state(wanted.offer.id(), TransferState::staged, {}, took.count());
  const auto times = delivery.progress().times;
  if (events_.staged)
    events_.staged(delivered(wanted.offer, wanted.received, started, times, holding->stats()));
  log::info("{}: staged {} in {} (last piece {}, syncs {})", channel_.str(), release.str(),
            format_duration(took), format_duration(times.to_last_piece),
            format_duration(times.sync));
  return holding;
}

// How it is with a release about which nothing more is to be done, and why.
void AppWorker::settle_state(const VerifiedOffer& offer, const store::App& app, const Plan& left) {
  const auto& release = offer.descriptor().release;
  std::string why;
  if (const auto* held = std::get_if<Held>(&left)) {
    log::info("{}: held by a rollback at version {} of its channel; not moving to {}",
              channel_.str(), held->at, release.str());
  } else if (const auto* rejected = std::get_if<Rejected>(&left)) {
    why = "rejected: " + rejected->reason;
  } else if (std::holds_alternative<Faulted>(left)) {
    why = "fault: waits for `roost clear-fault " + channel_.name.str() + "`";
  }
  if (!why.empty()) log::warn("{}: not moving to {}: {}", channel_.str(), release.str(), why);
  const auto here = store::layout::release_dir(release.version, offer.id());
  const bool active = store::status(app).current == here;
  node_.set_state(offer.id(), active ? TransferState::active : TransferState::staged, why);
}

// False when it is worth another try. It stays staged and shared either way.
bool AppWorker::activate(const Desired& desired, const VerifiedOffer& offer, const store::App& app,
                         const std::stop_token& stop) {
  const auto& release = offer.descriptor().release;
  const std::lock_guard lock(node_.switching());
  // A command may have rolled back while we waited: what was planned before is void.
  if (!std::holds_alternative<Activate>(plan(desired, observe(app)))) return true;
  store::ActivationSteps steps;
  steps.stop = stop;
  try {
    store::activate(app, store::layout::release_dir(release.version, offer.id()), steps,
                    desired.channel_version);
  } catch (const Error& error) {
    if (error.code() == Errc::interrupted) throw;
    log::error("{}: {}", channel_.str(), error.what());
    node_.set_state(offer.id(), TransferState::staged,
                    std::string(errc_info(error.code()).name) + ": " + error.what());
    return !std::holds_alternative<Activate>(plan(desired, observe(app)));
  }
  if (events_.activated) events_.activated(release);
  log::info("{}: activated {}", channel_.str(), release.str());
  node_.set_state(offer.id(), TransferState::active);
  collect();
  return true;
}

// What is in the way of it is nothing against the release that runs now.
void AppWorker::collect() {
  try {
    const auto collected = node_.collect();
    if (collected.releases.empty()) return;
    log::info("{}: collected {} old releases, {}", channel_.str(), collected.releases.size(),
              format_size(collected.bytes_freed));
  } catch (const Error& error) {
    log::error("{}: old releases stay: {}", channel_.str(), error.what());
  }
}

}  // namespace roost::peer
