#include "peer/node.hpp"

#include "core/base/log.hpp"
#include "core/store/activation.hpp"
#include "core/store/images.hpp"
#include "core/store/layout.hpp"
#include "core/store/space.hpp"
#include "core/store/status.hpp"

namespace roost::peer {
namespace {

store::Root open_recovered(const std::filesystem::path& path) {
  auto root = store::Root::open(path);
  for (const auto& recovery : store::recover(root)) {
    if (!recovery.error.empty()) log::error("{}: not recovered: {}", recovery.name, recovery.error);
    if (recovery.found == recovery.left && recovery.removed == 0) continue;
    log::info("{}: recovered from {} to {}, {} leftovers removed", recovery.name,
              store::phase_name(recovery.found), store::phase_name(recovery.left),
              recovery.removed);
  }
  return root;
}

std::string announce_url(const net::Url& tracker) {
  return tracker.with_target("/announce").str();
}

}  // namespace

Node::Node(NodeConfig config)
    : config_(std::move(config)),
      root_(open_recovered(config_.root)),
      floors_(root_),
      session_([&] {
        auto swarm = config_.swarm;
        swarm.node = root_.node_id();
        swarm.zone = config_.zone;
        return swarm;
      }()),
      images_(root_) {}

Endpoint Node::address() const {
  return config_.swarm.advertise.value_or(session_.local_endpoint());
}

std::shared_ptr<Holding> Node::hold(const VerifiedOffer& offer, Purpose purpose,
                                    const std::stop_token& stop) {
  if (auto found = find(offer.id())) {
    found->connect(offer.neighbours());
    return found;
  }
  for (const auto* torrent :
       {&offer.index_torrent(), &offer.patches_torrent(), &offer.image_torrent()}) {
    if (!torrent->empty()) session_.admit(*torrent);
  }
  // Known before it is opened, so that retention keeps its hands off the image.
  const bool mine = shares_.with([&](auto& shares) {
    auto& share = shares[offer.id()];
    if (std::exchange(share.opening, true)) return false;
    share.release = offer.descriptor().release;
    share.pieces = image_pieces(offer.descriptor());
    share.state = proto::TransferState::fetching;
    return true;
  });
  if (!mine) {
    throw Error(Errc::unavailable,
                "hold " + offer.descriptor().release.str() + ": its image is being checked");
  }
  try {
    check_space(offer);
    auto found = at_hand(root_, offer);
    if (purpose == Purpose::share) found = std::min(found, AtHand::other_images);
    auto holding = std::make_shared<Holding>(session_, offer, store::Image::open(root_, offer.id()),
                                             announce_url(config_.tracker), found, stop);
    shares_.with([&](auto& shares) {
      auto& share = shares[offer.id()];
      share.holding = holding;
      share.opening = false;
    });
    return holding;
  } catch (...) {
    shares_.with([&](auto& shares) { shares[offer.id()].opening = false; });
    throw;
  }
}

// All that a release needs, before the first byte of it is reserved. What is here
// already was counted when it came.
void Node::check_space(const VerifiedOffer& offer) const {
  const auto& descriptor = offer.descriptor();
  if (std::filesystem::exists(root_.path() / store::layout::kImages / offer.id().hex() /
                              store::layout::kImage)) {
    return;
  }
  store::check_space(root_.fs(), root_.dir(),
                     descriptor.index.size + descriptor.image.size + descriptor.tree_bytes +
                         (descriptor.patches ? descriptor.patches->size : 0),
                     descriptor.entries, config_.stage.space);
}

std::shared_ptr<Holding> Node::find(const release::ReleaseId& id) const {
  return shares_.with([&](const auto& shares) {
    const auto it = shares.find(id);
    return it == shares.end() ? nullptr : it->second.holding;
  });
}

void Node::greet(const VerifiedOffer& offer, const std::stop_token& stop) {
  if (const auto found = find(offer.id())) return found->connect(offer.neighbours());
  // Staged, but out of its swarm since something failed.
  const auto staged = staged_here();
  if (const auto it = staged.find(offer.id()); it != staged.end()) {
    hold_again(offer.id(), it->second, stop);
  }
}

bool Node::await_image(const release::ReleaseId& id, Deadline deadline,
                       const std::stop_token& stop) {
  const auto staged = staged_here();
  if (const auto it = staged.find(id); it != staged.end() && !find(id)) {
    hold_again(id, it->second, stop);  // not yet, since the start
  }
  return images_.await_made(id, deadline, stop);
}

std::map<release::ReleaseId, proto::TransferState> Node::staged_here() const {
  std::map<release::ReleaseId, proto::TransferState> staged;
  for (const auto& app : store::status(root_).apps) {
    for (const auto& info : app.staged) {
      staged[info.id] =
          app.current == info.dir ? proto::TransferState::active : proto::TransferState::staged;
    }
  }
  return staged;
}

void Node::refresh_states() {
  for (const auto& [id, state] : staged_here()) set_state(id, state);
}

void Node::hold_all_again(const std::stop_token& stop) {
  const auto staged = staged_here();
  for (const auto& id : store::list_images(root_)) {
    // An image without its tree is a delivery that was cut short: its channel's
    // offer takes it up again, or retention removes it.
    if (stop.stop_requested()) return;
    if (const auto it = staged.find(id); it != staged.end()) hold_again(id, it->second, stop);
  }
}

void Node::hold_again(const release::ReleaseId& id, proto::TransferState state,
                      const std::stop_token& stop) {
  try {
    const auto saved = store::Image::open(root_, id).read_offer();
    const auto offer = verify_offer(proto::parse_release_offer(as_text(saved)), config_.trust);
    const auto holding = hold(offer, Purpose::share, stop);
    set_state(id, state);
    images_.add(holding);
  } catch (const Error& error) {
    log::warn("image {} is not shared: {}", id.short_hex(), error.what());
  }
}

void Node::drop(const release::ReleaseId& id) {
  images_.drop(id);
  // The transfers end outside the lock: they wait for callbacks.
  shares_.with([&](auto& shares) {
    auto node = shares.extract(id);
    return node ? std::move(node.mapped()) : Share{};
  });
}

bool Node::fail(const VerifiedOffer& offer, const Error& error, const std::stop_token& stop) {
  images_.drop(offer.id());
  auto holding = find(offer.id());
  bool damaged = false;
  if (holding) {
    holding->save_have();
    damaged = error.code() == Errc::integrity && holding->distrust(stop);
  }
  shares_.with([&](auto& shares) {
    auto& share = shares[offer.id()];
    share.release = offer.descriptor().release;
    share.pieces = image_pieces(offer.descriptor());
    share.holding.reset();  // ours is the last: the transfers end outside the lock
  });
  set_state(offer.id(), proto::TransferState::failed,
            std::string(errc_info(error.code()).name) + ": " + error.what());
  return damaged;
}

void Node::set_state(const release::ReleaseId& id, proto::TransferState state,
                     const std::string& reason, std::optional<double> seconds_to_staged) {
  shares_.with([&](auto& shares) {
    const auto it = shares.find(id);
    if (it == shares.end()) return;
    it->second.state = state;
    it->second.reason = reason.substr(0, proto::kMaxReason);
    if (seconds_to_staged) it->second.seconds_to_staged = seconds_to_staged;
    if (state != proto::TransferState::active || !it->second.release) return;
    // One release of a name runs: the one before it is staged again.
    for (auto& [other, share] : shares) {
      if (other != id && share.state == proto::TransferState::active && share.release &&
          share.release->name == it->second.release->name) {
        share.state = proto::TransferState::staged;
      }
    }
  });
}

std::vector<proto::TransferReport> Node::transfers() const {
  const auto shares = shares_.with([](const auto& map) { return map; });
  std::vector<proto::TransferReport> reports;
  for (const auto& [id, share] : shares) {
    if (!share.release) continue;
    auto stats = share.holding ? share.holding->stats() : HoldingStats{};
    if (!share.holding) stats.image.pieces_total = share.pieces;  // it gives nobody any of them
    proto::TransferReport report{.release = *share.release,
                                 .release_id = id,
                                 .state = share.state,
                                 .seconds_to_staged = share.seconds_to_staged,
                                 .reason = share.reason};
    report.pieces = stats.image.pieces_have;
    report.pieces_total = stats.image.pieces_total;
    report.bytes_seeder = stats.sum(&swarm::TransferStats::bytes_origin);
    report.bytes_peers = stats.sum(&swarm::TransferStats::bytes_peers);
    if (share.state == proto::TransferState::fetching) {
      for (const auto* part : {&stats.image, &stats.patches, &stats.index}) {
        if (report.reason.empty()) report.reason = part->stall_reason;
      }
      report.rate = stats.sum(&swarm::TransferStats::download_rate);
    }
    if (const auto cause = stats.causes.largest()) report.bound_by = to_text(*cause);
    report.shares = stats.causes.shares();
    report.reused = stats.reused;
    reports.push_back(std::move(report));
    if (reports.size() == proto::kMaxTransfers) break;
  }
  return reports;
}

store::Collected Node::collect() {
  auto policy = config_.retention;
  shares_.with([&](const auto& shares) {
    for (const auto& [id, share] : shares) {
      // What is being opened, fetched, or will be tried again.
      if (share.state == proto::TransferState::fetching ||
          share.state == proto::TransferState::failed) {
        policy.in_use.insert(id);
      }
    }
  });
  policy.before_image = [this](const release::ReleaseId& id) { drop(id); };
  return store::gc(root_, policy);
}

}  // namespace roost::peer
