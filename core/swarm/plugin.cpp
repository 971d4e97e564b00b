#include "core/swarm/plugin.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <libtorrent/peer_info.hpp>

namespace roost::swarm {
namespace lt = libtorrent;
namespace {

// Origins begin in different places without being told of each other.
std::uint32_t begin_at(const SessionId& session) {
  std::uint32_t place = 0;
  static_assert(sizeof place <= std::tuple_size_v<SessionId>);
  std::memcpy(&place, session.data(), sizeof place);
  return place;
}

}  // namespace

TransferPlugin::TransferPlugin(lt::torrent_handle handle, std::shared_ptr<SharedState> state,
                               EventQueue& events, Identity identity,
                               const TransferOptions& options, Parts without)
    : handle_(std::move(handle)),
      state_(std::move(state)),
      events_(events),
      identity_(std::move(identity)),
      without_(std::move(without)),
      origin_(options.origin),
      chooses_(!options.wanted.empty()),
      fetches_(
          state_->progress.with([](const Progress& p) { return p.have_count < p.have.size(); })) {
  if (origin_ && has(Part::revealing)) {
    RevealingOptions revealing = revealing_options(without_);
    revealing.start = begin_at(identity_.session);
    strategy_.emplace(state_->pieces, revealing);
  }
  for (const auto& [piece, blocks] : options.unfinished) making_[piece] = {{Sender{}}, blocks};
  if (chooses_) identity_.zone.clear();
  state_->network_thread = ::gettid();
}

std::shared_ptr<lt::peer_plugin> TransferPlugin::new_connection(
    const lt::peer_connection_handle& connection) {
  if (connection.type() != lt::connection_type::bittorrent) return nullptr;
  auto link = std::make_shared<LinkPlugin>(shared_from_this(), connection, next_key_++);
  links_.push_back(link.get());
  return link;
}

void TransferPlugin::on_piece_pass(lt::piece_index_t index) {
  const auto piece = static_cast<std::uint32_t>(static_cast<int>(index));
  making_.erase(piece);
  const bool is_new = state_->progress.with([piece](Progress& p) {
    if (p.have[piece]) return false;  // listed when the transfer was added
    if (p.lacks(piece)) --p.lacking;
    p.have[piece] = true;
    ++p.have_count;
    return true;
  });
  if (!is_new) return;
  tell_origins(piece);
  events_.push({state_, EventKind::piece, piece});
  announce_completion();
}

// libtorrent tells a piece only to those who lack it, as far as it can see. An origin
// must hear of the ones that it has shown, too: they are what it waits for.
void TransferPlugin::tell_origins(std::uint32_t piece) {
  const auto links = links_;  // a link whose connection fails takes itself out
  for (LinkPlugin* link : links) {
    if (link->origin_) link->confirm_piece(piece);
  }
}

void TransferPlugin::announce_completion() {
  bool has_all = false;
  const bool now_complete = state_->progress.with([&](Progress& p) {
    if (p.completed || p.lacking > 0) return false;
    p.completed = true;
    has_all = p.have_count == state_->pieces;
    return true;
  });
  if (!now_complete) return;
  events_.push({state_, EventKind::complete, 0});
  if (!has_all) return;
  const auto links = links_;
  for (LinkPlugin* link : links) {
    if (link->remote_ && !link->origin_) link->show_all();
  }
}

// Who alone sent a piece that fails has lied. Of several one can't tell, though
// libtorrent in the end bans the honest ones among them too.
void TransferPlugin::on_piece_failed(lt::piece_index_t index) {
  for (LinkPlugin* link : links_) {
    if (!link->connection_.in_handshake()) link->hide_version();
  }
  const auto node = making_.extract(static_cast<std::uint32_t>(static_cast<int>(index)));
  state_->progress.with([&](Progress& p) {
    ++p.failed_pieces;
    if (node.empty()) return;
    const auto& senders = node.mapped().senders;
    if (senders.size() == 1 && senders.front() != Sender{}) p.liars.push_back(senders.front());
  });
  offer_soon();
}

void TransferPlugin::tick() {
  if (strategy_) reveal();
  look_afar();
}

// libtorrent dials new peers on its one-second tick, or when a paused torrent
// resumes. So pretend: the pause does nothing (on_pause() claims it), the
// resume dials. Both run here and now, since this is the network thread.
void TransferPlugin::on_add_peer(const lt::tcp::endpoint&, lt::peer_source_flags_t,
                                 lt::add_peer_flags_t flags) {
  if (!has(Part::immediate_dials)) return;
  if (dialling_ || !(flags & lt::torrent_plugin::first_time)) return;
  if (handle_.flags() & lt::torrent_flags::paused) return;
  dialling_ = true;
  handle_.pause();
  handle_.resume();
  dialling_ = false;
}

void TransferPlugin::reveal() {
  const auto now = std::chrono::steady_clock::now();
  for (const auto& reveal : strategy_->step(now)) {
    const auto link = std::find_if(links_.begin(), links_.end(),
                                   [&](LinkPlugin* l) { return l->key_ == reveal.peer; });
    if (link == links_.end()) continue;
    if (reveal.piece) {
      (*link)->show_piece(*reveal.piece);
    } else {
      (*link)->show_all();
    }
  }
}

// A peer has confirmed a piece. If nobody waits for bytes from us now, more
// should have been revealed.
void TransferPlugin::watch_uplink() {
  if (strategy_->open() || !has(Part::window_growth)) return;
  if (std::all_of(links_.begin(), links_.end(), [](const LinkPlugin* l) { return l->idle(); })) {
    strategy_->starved(std::chrono::steady_clock::now());
  }
}

void TransferPlugin::forget(LinkPlugin* link) {
  std::erase(links_, link);
  if (links_.empty()) watch_.reset();
}

// Both ends may dial each other at once. Of the two connections the one stays
// that the process with the smaller id dialled; an outgoing one that is still
// in its hand-shake gives way, since the other side can't have judged it yet.
// Each side comes to the same verdict. False: `link` itself was closed.
bool TransferPlugin::resolve_duplicate(LinkPlugin& link) {
  const auto close = [](LinkPlugin& l) {
    l.connection_.disconnect(lt::errors::duplicate_peer_id, lt::operation_t::bittorrent);
  };
  const auto remote = link.connection_.remote();
  const auto others = links_;
  for (LinkPlugin* other : others) {
    if (other == &link || other->gone_ || other->connection_.is_disconnecting()) continue;
    // The id is what the other side says it is: from another address it proves nothing.
    if (other->connection_.remote().address() != remote.address()) continue;
    const bool same_target =
        link.remote_port_ != 0 && other->connection_.is_outgoing() &&
        other->connection_.remote() == lt::tcp::endpoint(remote.address(), link.remote_port_);
    if (other->remote_ != link.remote_ && !(same_target && !other->remote_)) continue;
    const bool link_outgoing = link.connection_.is_outgoing();
    if (link_outgoing == other->connection_.is_outgoing()) {
      if (link_outgoing) continue;  // the side that was dialled decides
      close(link);
      return false;
    }
    const bool keep_outgoing = identity_.session < *link.remote_;
    const bool other_young = !link_outgoing && other->connection_.in_handshake();
    if (other_young || link_outgoing == keep_outgoing) {
      close(*other);
    } else {
      close(link);
      return false;
    }
  }
  return true;
}

}  // namespace roost::swarm
