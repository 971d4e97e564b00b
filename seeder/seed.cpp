#include "seeder/seed.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "core/base/guarded.hpp"
#include "core/base/log.hpp"
#include "seeder/pieces_on_disk.hpp"

namespace roost::seeder {
namespace {

std::vector<swarm::Neighbour> connected(const swarm::Transfer& transfer) {
  std::vector<swarm::Neighbour> peers;
  for (const auto& peer : transfer.peers()) {
    if (peer.connected) peers.push_back({peer.endpoint, peer.origin});
  }
  return peers;
}

}  // namespace

struct Seed::Side : swarm::TransferListener {
  Side(const SeedPapers::Part& of, std::function<void()> changed)
      : part(of), on_change(std::move(changed)) {}

  void on_complete() override {
    complete = true;
    on_change();
  }

  void on_problem(const swarm::Problem& problem) override {
    log::info("{}", problem.error.what());
    if (!problem.stops()) return;
    stopped.with([&](std::string& why) { why = problem.error.what(); });
    on_change();
  }

  bool patches() const { return part.name == kPatchesPart; }

  std::string why_stopped() const {
    return stopped.with([](const std::string& why) { return why; });
  }

  const SeedPapers::Part& part;
  std::function<void()> on_change;
  bool served = false;  // on disk to stay; the transfer is an origin
  std::atomic<bool> complete{false};
  Guarded<std::string> stopped;  // why it does not fetch any more
  // None for patches between tries. Last: no callback once it is gone.
  std::unique_ptr<swarm::Transfer> transfer;
};

Seed::Seed(const Place& place, SeedFiles files, SeedPapers papers)
    : place_(place), files_(std::move(files)), papers_(std::move(papers)), late_(place.patches) {
  for (const auto& part : papers_.parts) {
    auto& side = *sides_.emplace_back(std::make_unique<Side>(part, place_.on_change));
    side.served = files_.complete(part);
    if (side.patches() && !side.served) {
      if (essentials_served()) continue;
      awaits_patches_ = true;
    }
    join(side, {});
  }
}

Seed::~Seed() = default;

bool Seed::essentials_served() const noexcept {
  return std::ranges::all_of(sides_,
                             [&](const auto& side) { return side->served || side->patches(); });
}

bool Seed::serving() const noexcept {
  return essentials_served() && !awaits_patches_;
}

void Seed::join(Side& side, const std::vector<swarm::Neighbour>& peers) {
  const auto& torrent = side.part.torrent;
  swarm::TransferOptions options;
  options.file = files_.path_of(side.part);
  options.announce_url = place_.announce_url;
  options.complete = side.served;
  options.origin = side.served;
  options.neighbours = peers;
  if (!side.served && !files_.allocate(side.part)) {
    options.have = pieces_on_disk(options.file, torrent, place_.stop);
  }
  side.transfer = place_.session.add(torrent.encode(), options, side);
}

bool Seed::wants_peers() const {
  bool alone = false;
  for (const auto& side : sides_) {
    if (side->served) continue;
    if (!side->transfer) {
      alone = alone || late_.due(std::chrono::steady_clock::now());
      continue;
    }
    const auto stats = side->transfer->stats();
    if (stats.peers > 0 || stats.state == swarm::TransferState::stopped) return false;
    alone = true;
  }
  return alone;
}

void Seed::fetch_from(const std::vector<Endpoint>& peers) {
  for (const auto& side : sides_) {
    if (side->served) continue;
    side->stopped.with([](std::string& why) { why.clear(); });
    try {
      if (!side->transfer) join(*side, {});
    } catch (const Error& error) {
      if (!side->patches()) throw;
      log::info("{}", error.what());
      put_off(*side);
      continue;
    }
    for (const auto& peer : peers) side->transfer->connect({peer, true});
    if (side->transfer->stats().state == swarm::TransferState::stopped) side->transfer->resume();
  }
}

void Seed::hand_over_from(const Endpoint& peer) {
  late_.renew();
  awaits_patches_ = std::ranges::any_of(
      sides_, [&](const auto& side) { return side->patches() && !side->served; });
  fetch_from({peer});
}

bool Seed::advance() {
  const bool before = serving();
  for (const auto& side : sides_) {
    if (side->served || !side->transfer) continue;
    if (side->patches()) {
      serve_patches(*side);
    } else if (side->complete) {
      serve(*side);
    }
  }
  return serving() && !before;
}

void Seed::serve(Side& side) {
  files_.mark_complete(side.part);
  const auto peers = connected(*side.transfer);
  side.transfer.reset();  // a session has a torrent once
  side.served = true;
  join(side, peers);
}

void Seed::serve_patches(Side& side) {
  try {
    if (side.complete) {
      serve(side);
      awaits_patches_ = false;
      return;
    }
  } catch (const Error& error) {
    // Nor are they trusted after a failed fsync: next time all of them are fetched.
    log::info("{}", error.what());
    files_.discard(side.part);
    return put_off(side);
  }
  const auto stats = side.transfer->stats();
  const bool hopeless = essentials_served() && !late_.go_on(stats.bytes_origin + stats.bytes_peers,
                                                            std::chrono::steady_clock::now());
  if (hopeless || !side.why_stopped().empty()) put_off(side);
}

void Seed::put_off(Side& side) {
  log::info("{} is here without its patches: nobody gives them; they are tried again later",
            papers_.descriptor.release.str());
  side.transfer.reset();
  side.served = false;
  side.complete = false;
  awaits_patches_ = false;
  late_.put_off(std::chrono::steady_clock::now(), rng_);
}

proto::SeedStatus Seed::status(const release::ReleaseId& id) const {
  proto::SeedStatus status;
  status.release_id = id;
  status.release = papers_.descriptor.release.str();
  status.state = serving() ? proto::SeedState::serving : proto::SeedState::fetching;
  status.addr = place_.session.local_endpoint();
  status.zone = place_.zone;
  for (const auto& side : sides_) {
    const auto& torrent = side->part.torrent;
    status.bytes += torrent.length();
    if (!side->transfer) continue;
    const auto stats = side->transfer->stats();
    status.bytes_have +=
        side->served
            ? torrent.length()
            : std::min<std::uint64_t>(std::uint64_t{stats.pieces_have} * torrent.piece_length(),
                                      torrent.length());
    status.uploaded += stats.bytes_uploaded;
    status.peers = std::max(status.peers, stats.peers);
    if (side->patches() && serving()) continue;  // then nothing is lost without them
    if (status.reason.empty()) status.reason = stats.stall_reason;
    const auto stopped = side->why_stopped();
    if (stopped.empty() || side->patches()) continue;
    status.state = proto::SeedState::failed;
    status.reason = stopped;
  }
  return status;
}

}  // namespace roost::seeder
