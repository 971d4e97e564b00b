#include "core/swarm/transfer.hpp"

#include <algorithm>
#include <chrono>
#include <libtorrent/announce_entry.hpp>
#include <libtorrent/peer_info.hpp>
#include <libtorrent/torrent_status.hpp>

#include "core/swarm/convert.hpp"
#include "core/swarm/session_impl.hpp"
#include "core/swarm/stall.hpp"
#include "core/swarm/torrent_params.hpp"

namespace roost::swarm {
namespace lt = libtorrent;
namespace {

constexpr std::chrono::seconds kFlowing{2};

std::uint64_t unsign(std::int64_t value) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, value));
}

bool flowing(const SharedState& state) {
  const auto last = state.last_block.load();
  const std::chrono::steady_clock::time_point then{std::chrono::nanoseconds(last)};
  return last != 0 && std::chrono::steady_clock::now() - then < kFlowing;
}

void describe(const Link& link, PeerInfo& peer) {
  peer.endpoint = link.remote;
  peer.origin = link.origin;
  peer.reveals = link.understands;
  peer.choked = link.choked;
  peer.pieces = link.held_count;
  peer.bytes_from = link.bytes_from;
  peer.bytes_to = link.bytes_to;
  peer.node = link.node;
}

}  // namespace

Transfer::Transfer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Transfer::~Transfer() {
  impl_->session->remove(*impl_->entry);
}

TransferStats Transfer::stats() const {
  const auto& state = impl_->entry->state;
  const lt::torrent_status status = impl_->entry->handle().status({});
  TransferStats out;
  out.bytes_origin = state->bytes_origin;
  out.bytes_peers = state->bytes_peers;
  out.bytes_uploaded = state->bytes_uploaded;
  out.bytes_redundant = unsign(status.total_redundant_bytes + state->redundant_before);
  out.bytes_failed = unsign(status.total_failed_bytes + state->failed_before);
  out.download_rate = unsign(status.download_payload_rate);
  out.upload_rate = unsign(status.upload_payload_rate);
  out.pieces_total = state->pieces;
  const StallFacts facts{flowing(*state), status.list_peers,
                         status.num_connections - status.num_peers};
  state->progress.with([&](const Progress& p) {
    out.pieces_have = p.have_count;
    out.pieces_failed = p.failed_pieces;
    for (const auto& [key, link] : p.links) {
      if (!link.ready) continue;
      ++out.peers;
      if (link.held_count == state->pieces) ++out.seeds;
    }
    out.stall_reason = stall_reason(p, facts);
    out.state = p.paused                ? TransferState::paused
                : p.completed           ? TransferState::complete
                : !p.stopped_by.empty() ? TransferState::stopped
                                        : TransferState::fetching;
  });
  return out;
}

Waiting Transfer::waiting() const {
  const auto& state = *impl_->entry->state;
  const auto now = std::chrono::steady_clock::now();
  Waiting out;
  state.occupied.with([&](const Occupied& o) {
    out.of_origins = o.origins.until(now);
    out.of_peers = o.peers.until(now);
    out.of_us = o.askers.until(now);
  });
  out.bytes_in = state.bytes_origin + state.bytes_peers;
  out.bytes_out = state.bytes_uploaded;
  out.network_thread = state.network_thread;
  state.progress.with([&](const Progress& p) {
    out.complete = p.completed;
    out.tracker_silent = !p.tracker_answered;
    out.lonely = p.links.empty();  // also those that are being dialled are links
    for (const auto& [key, link] : p.links) {
      if (link.ready) ++(link.origin ? out.origins : out.peers);
    }
  });
  if (out.lonely) {
    out.lonely =
        impl_->entry->options.with([](const TransferOptions& o) { return o.neighbours.empty(); });
  }
  return out;
}

std::vector<PeerInfo> Transfer::peers() const {
  std::vector<lt::peer_info> infos;
  impl_->entry->handle().get_peer_info(infos);
  std::vector<PeerInfo> out;
  impl_->entry->state->progress.with([&](const Progress& p) {
    for (const lt::peer_info& info : infos) {
      PeerInfo peer;
      peer.endpoint = to_endpoint(info.ip);
      peer.client = printable(info.client);
      peer.connected = !(info.flags & (lt::peer_info::connecting | lt::peer_info::handshake));
      peer.download_rate = unsign(info.payload_down_speed);
      peer.upload_rate = unsign(info.payload_up_speed);
      peer.pieces = static_cast<std::uint32_t>(info.num_pieces);
      const auto it = std::find_if(p.links.begin(), p.links.end(), [&](const auto& item) {
        return item.second.socket == peer.endpoint;
      });
      if (it != p.links.end()) describe(it->second, peer);
      out.push_back(std::move(peer));
    }
  });
  return out;
}

Bitmap Transfer::have() const {
  return impl_->entry->state->progress.with([](const Progress& p) { return p.have; });
}

void Transfer::connect(const Neighbour& neighbour) {
  const lt::tcp::endpoint endpoint = to_tcp(neighbour.endpoint);
  impl_->entry->options.with([&](TransferOptions& options) {
    std::erase_if(options.neighbours,
                  [&](const Neighbour& n) { return n.endpoint == neighbour.endpoint; });
    options.neighbours.push_back(neighbour);
  });
  impl_->entry->handle().connect_peer(endpoint);
}

void Transfer::announce(const std::string& url) {
  impl_->entry->options.with([&](TransferOptions& options) { options.announce_url = url; });
  const lt::torrent_handle handle = impl_->entry->handle();
  handle.add_tracker(lt::announce_entry(url));
  handle.force_reannounce();
}

void Transfer::seek_peers() {
  impl_->entry->handle().force_reannounce(0, -1, lt::torrent_handle::ignore_min_interval);
}

double Transfer::distributed_copies() const {
  return impl_->entry->state->progress.with([](const Progress& p) { return p.held.copies(); });
}

void Transfer::pause() {
  impl_->entry->state->progress.with([](Progress& p) { p.paused = true; });
  impl_->entry->handle().pause();
}

void Transfer::resume() {
  const bool stopped = impl_->entry->state->progress.with([](Progress& p) {
    p.paused = false;
    return !p.stopped_by.empty();
  });
  if (stopped) {
    impl_->session->restart(*impl_->entry);
  } else {
    impl_->entry->handle().resume();
  }
}

void Transfer::set_limits(const TransferLimits& limits) {
  impl_->entry->options.with([&](TransferOptions& options) { options.limits = limits; });
  impl_->entry->handle().set_upload_limit(as_rate(limits.upload));
  impl_->entry->handle().set_download_limit(as_rate(limits.download));
}

}  // namespace roost::swarm
