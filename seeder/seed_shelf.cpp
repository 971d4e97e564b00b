#include "seeder/seed_shelf.hpp"

#include <algorithm>
#include <utility>

#include "core/base/log.hpp"

namespace roost::seeder {
namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 100ms;   // while something is fetched or wished for
constexpr auto kShowAll = 2s;   // how old the figures of what is served may be
constexpr auto kHelp = 2s;      // who fetches and knows nobody
constexpr auto kTryAgain = 1s;  // the tracker

bool transient(const Error& error) {
  return error.code() == Errc::unavailable || error.code() == Errc::deadline;
}

}  // namespace

SeedShelf::SeedShelf(const SeedStore& store, swarm::Session& session, TrackerClient& tracker,
                     Settings settings, std::stop_token stop)
    : store_(store),
      session_(session),
      tracker_(tracker),
      settings_(std::move(settings)),
      stop_(std::move(stop)),
      check_at_(Clock::now() + settings_.check_every) {}

SeedShelf::~SeedShelf() = default;

Seed::Place SeedShelf::place() {
  const auto poke = [this] {
    const std::lock_guard lock(mutex_);
    poked_ = true;
    changed_.notify_all();
  };
  return {session_, tracker_.announce_url(), settings_.zone, settings_.patches, poke, stop_};
}

void SeedShelf::load() {
  for (const auto& id : store_.list()) {
    try {
      auto files = store_.open(id);
      auto papers = files.read();
      seeds_.emplace(id, std::make_unique<Seed>(place(), std::move(files), std::move(papers)));
    } catch (const Error& error) {
      log::warn("seed {}: {}; publish it again to have it here", id.short_hex(), error.what());
      auto status = blank(id);
      status.state = proto::SeedState::failed;
      status.reason = error.what();
      show(status);
    }
  }
  show();
}

proto::SeedStatus SeedShelf::blank(const release::ReleaseId& id) const {
  proto::SeedStatus status;
  status.release_id = id;
  status.addr = session_.local_endpoint();
  status.zone = settings_.zone;
  return status;
}

proto::SeedStatus SeedShelf::ask(const proto::SeedRequest& request) {
  const auto fresh = blank(request.release_id);
  const std::lock_guard lock(mutex_);
  const auto found = shown_.try_emplace(request.release_id, fresh).first;
  auto& shown = found->second;
  if (shown.state == proto::SeedState::serving) {
    if (shown.bytes_have == shown.bytes) return shown;
    shown.state = proto::SeedState::fetching;  // its patches, which the publisher may have
  }
  if (shown.state == proto::SeedState::failed) shown = fresh;
  wishes_[request.release_id] = {request.from, Clock::now()};
  poked_ = true;
  changed_.notify_all();
  return shown;
}

bool SeedShelf::drop(const release::ReleaseId& id) {
  const std::lock_guard lock(mutex_);
  if (shown_.erase(id) == 0) return false;
  wishes_[id] = {std::nullopt, Clock::now()};
  poked_ = true;
  changed_.notify_all();
  return true;
}

std::vector<proto::SeedStatus> SeedShelf::statuses() const {
  const std::lock_guard lock(mutex_);
  std::vector<proto::SeedStatus> list;
  for (const auto& [id, status] : shown_) list.push_back(status);
  return list;
}

std::optional<proto::SeedStatus> SeedShelf::status(const release::ReleaseId& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = shown_.find(id);
  return found == shown_.end() ? std::nullopt : std::optional(found->second);
}

void SeedShelf::wait() {
  const bool busy =
      std::ranges::any_of(seeds_, [](const auto& seed) { return !seed.second->serving(); });
  std::unique_lock lock(mutex_);
  const auto limit =
      std::min(check_at_, Clock::now() + (busy || !wishes_.empty() ? kTick : kShowAll));
  changed_.wait_until(lock, stop_, limit, [this] { return poked_; });
  poked_ = false;
}

void SeedShelf::turn() {
  wait();
  if (stop_.stop_requested()) return;
  std::map<release::ReleaseId, Wish> due;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(wishes_, [&](const auto& wish) {
      if (wish.second.due > Clock::now()) return false;
      due.insert(wish);
      return true;
    });
  }
  for (const auto& [id, wish] : due) grant(id, wish);
  advance();
  if (Clock::now() >= help_at_) help_lonely();
  if (Clock::now() >= check_at_) drop_unpublished();
  show();
}

void SeedShelf::grant(const release::ReleaseId& id, const Wish& wish) {
  if (!wish.from) return forget(id);
  auto status = blank(id);
  try {
    return start(id, *wish.from);
  } catch (const Error& error) {
    if (error.code() == Errc::interrupted) return;
    log::warn("take over {}: {}", id.short_hex(), error.what());
    status.reason = error.what();
    if (!transient(error)) status.state = proto::SeedState::failed;
    show(status);
    if (!transient(error)) return;
    const std::lock_guard lock(mutex_);
    wishes_.try_emplace(id, Wish{wish.from, Clock::now() + kTryAgain});
  }
}

void SeedShelf::start(const release::ReleaseId& id, const Endpoint& from) {
  auto found = seeds_.find(id);
  if (found == seeds_.end()) {
    const auto papers = papers_of(id);
    for (const auto& part : papers.parts) session_.admit(part.torrent.encode());
    auto files = store_.open(id);
    files.write(papers);
    found = seeds_.emplace(id, std::make_unique<Seed>(place(), std::move(files), papers)).first;
    log::info("take over {} ({}) from {}", papers.descriptor.release.str(), id.short_hex(),
              from.str());
  }
  found->second->hand_over_from(from);
}

SeedPapers SeedShelf::papers_of(const release::ReleaseId& id) {
  const auto summary = tracker_.release(id);
  if (!summary) {
    throw Error(Errc::not_found, "take over " + id.short_hex() + ": " + tracker_.url().str() +
                                     " has no such release");
  }
  SeedTorrents torrents{tracker_.index_torrent(id), {}, {}};
  if (summary->image) torrents.image = tracker_.image_torrent(id);
  if (summary->patches) torrents.patches = tracker_.patches_torrent(id);
  return SeedPapers::check(id, tracker_.descriptor(id), torrents);
}

void SeedShelf::advance() {
  for (const auto& [id, seed] : seeds_) {
    try {
      if (!seed->advance()) continue;
      log::info("serve {} ({})", seed->descriptor().release.str(), id.short_hex());
    } catch (const Error& error) {
      // An fsync that failed is not repeated on the same data: what is there can't be trusted.
      log::error("seed {}: {}", id.short_hex(), error.what());
      auto status = seed->status(id);
      status.state = proto::SeedState::failed;
      status.reason = error.what();
      seeds_.erase(id);
      store_.remove(id);
      show(status);
      return;
    }
  }
}

// After a restart, or when its publisher came back elsewhere, a seed knows nobody; the
// tracker knows at least who registered it. Announces would find them too, but later.
void SeedShelf::help_lonely() {
  help_at_ = Clock::now() + kHelp;
  for (const auto& [id, seed] : seeds_) {
    if (!seed->wants_peers()) continue;
    std::vector<Endpoint> peers;
    try {
      const auto offer =
          tracker_.offer(seed->descriptor().release, {{}, session_.local_endpoint(), {}});
      if (offer.release_id == id) {
        for (const auto& peer : offer.neighbours) peers.push_back(peer.endpoint);
      }
    } catch (const Error& error) {
      log::debug("look for peers of {}: {}", id.short_hex(), error.what());
      if (transient(error) || stop_.stop_requested()) return;  // the tracker is away: later
    }
    seed->fetch_from(peers);
  }
}

// Gone from the tracker, though the tracker knows its name: a tracker that lost its
// registry must not make us throw away the last copies.
bool SeedShelf::unpublished(const release::ReleaseId& id, const release::ReleaseRef& release) {
  return !tracker_.release(id) && tracker_.name_state(release.name).sequence > 0;
}

void SeedShelf::drop_unpublished() {
  check_at_ = Clock::now() + settings_.check_every;
  std::vector<release::ReleaseId> gone;
  for (const auto& [id, seed] : seeds_) {
    try {
      if (!unpublished(id, seed->descriptor().release)) continue;
      log::info("drop {} ({}): it was unpublished", seed->descriptor().release.str(),
                id.short_hex());
      gone.push_back(id);
    } catch (const Error& error) {
      log::debug("check {}: {}", id.short_hex(), error.what());
      break;  // the tracker is away: later
    }
  }
  for (const auto& id : gone) forget(id);
}

void SeedShelf::forget(const release::ReleaseId& id) {
  seeds_.erase(id);
  store_.remove(id);
  const std::lock_guard lock(mutex_);
  shown_.erase(id);
}

void SeedShelf::show() {
  const bool all = Clock::now() >= show_all_at_;
  if (all) show_all_at_ = Clock::now() + kShowAll;
  for (const auto& [id, seed] : seeds_) {
    const auto shown = status(id);
    if (!all && shown && shown->state == proto::SeedState::serving) continue;
    show(seed->status(id));
  }
}

void SeedShelf::show(const proto::SeedStatus& status) {
  const std::lock_guard lock(mutex_);
  const auto wish = wishes_.find(status.release_id);
  if (wish != wishes_.end()) return;  // what it is now will not be so for long
  shown_[status.release_id] = status;
}

}  // namespace roost::seeder
