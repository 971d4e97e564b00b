// What is asked of whom, and what becomes of requests that nobody answers: a link that is
// silent beyond its deadline is left, so that libtorrent asks others, and links that have
// nothing to do are offered what is open elsewhere.
#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <libtorrent/download_priority.hpp>
#include <libtorrent/error_code.hpp>

#include "core/swarm/peer_internals.hpp"
#include "core/swarm/plugin.hpp"

namespace roost::swarm {
namespace lt = libtorrent;
namespace {

using namespace std::chrono_literals;

constexpr auto kLook = 200ms;
constexpr auto kOverslept = 500ms;  // later than that we were stopped, and the links are innocent
constexpr auto kOutage = 600ms;     // if nobody sends for so long it is the network between
constexpr auto kHedge = 500ms;      // a block that takes so long may be asked of an idle link
constexpr auto kProbation = 30s;    // for one that was left
constexpr std::size_t kMostLeft = 1000;

}  // namespace

struct TransferPlugin::Timer {
  boost::asio::steady_timer timer;
};

// From the first request on, until nothing is asked of anybody.
void TransferPlugin::watch_requests(const LinkPlugin& asked) {
  if (watch_ || !(has(Part::request_deadlines) || has(Part::idle_offers))) return;
  auto* context = network_context(asked.connection_);
  if (context == nullptr) return;
  watch_ = std::make_shared<Timer>(Timer{boost::asio::steady_timer(*context)});
  looked_ = std::chrono::steady_clock::now();
  look_later();
}

void TransferPlugin::look_later() {
  watch_->timer.expires_after(kLook);
  watch_->timer.async_wait([weak = weak_from_this()](const lt::error_code& error) {
    const auto self = weak.lock();
    if (error || !self || !self->watch_) return;
    self->look_at_requests();
    const auto& links = self->links_;
    const bool open = std::any_of(links.begin(), links.end(),
                                  [](const LinkPlugin* link) { return link->asked_ > 0; });
    if (open && self->watch_) {
      self->look_later();
    } else {
      self->watch_.reset();
    }
  });
}

void TransferPlugin::look_at_requests() {
  const auto now = std::chrono::steady_clock::now();
  const bool overslept = now - looked_ > kOverslept;
  looked_ = now;
  std::erase_if(left_, [now](const auto& entry) { return entry.second <= now; });
  hear_links(now, overslept);
  const bool left = has(Part::request_deadlines) && leave_a_silent_link(now);
  if (!has(Part::idle_offers)) return;
  if (left || offer_due_ || (now - hedged_ >= kHedge && has_idle_help(now))) {
    hedged_ = now;
    offer_to_idle_links();
  }
}

// Notes what came, and who may not be blamed that nothing did. After an outage links come
// back one by one, as their retransmissions do: the first must not convict the others.
void TransferPlugin::hear_links(Monotonic now, bool overslept) {
  Monotonic latest{};
  for (LinkPlugin* link : links_) {
    if (link->asked_ == 0) continue;
    link->deadline_.heard(payload_received(link->connection_), now);
    latest = std::max(latest, link->deadline_.last_heard());
  }
  const bool silence = now - latest >= kOutage;
  const bool over = outage_ && !silence;
  outage_ = silence;
  if (!overslept && !over) return;
  for (LinkPlugin* link : links_) link->deadline_.pardon(now);
}

// One at a time: the next is judged by what flows without it. Who takes from us is cut off once
// in a probation and not again: it may well be that all it lacks is a way up.
bool TransferPlugin::leave_a_silent_link(Monotonic now) {
  const auto silent = std::find_if(links_.begin(), links_.end(), [&](const LinkPlugin* link) {
    return !link->gone_ && !link->connection_.is_disconnecting() && link->deadline_.passed(now) &&
           !(link->takes() && was_left(*link)) && is_dispensable(*link, now);
  });
  if (silent == links_.end()) return false;
  leave(**silent, now);  // which takes it out of links_
  return true;
}

// Others can send what it doesn't, and do: if nobody sends anything it is our own link.
bool TransferPlugin::is_dispensable(const LinkPlugin& silent, Monotonic now) const {
  bool waiting = false;
  bool flowing = false;
  for (const LinkPlugin* other : links_) {
    if (other == &silent || other->gone_ || other->asked_ == 0) continue;
    waiting = true;
    flowing = flowing || now - other->deadline_.last_heard() < silent.deadline_.patience() / 2;
  }
  if (waiting && !flowing) return false;
  const auto& open = silent.open_.pieces();
  return std::any_of(open.begin(), open.end(),
                     [&](const auto& entry) { return others_show(silent, entry.first, now); });
}

// A piece that we lack, on another link than this one that serves us.
bool TransferPlugin::others_show(const LinkPlugin& link, std::uint32_t piece, Monotonic now) const {
  return state_->progress.with([&](const Progress& p) {
    if (!p.lacks(piece)) return false;
    return std::any_of(links_.begin(), links_.end(), [&](const LinkPlugin* other) {
      if (other == &link || other->gone_ || other->deadline_.passed(now) || was_left(*other)) {
        return false;
      }
      const auto it = p.links.find(other);
      return it != p.links.end() && !it->second.choked && piece < it->second.shown.size() &&
             it->second.shown[piece];
    });
  });
}

bool TransferPlugin::was_left(const LinkPlugin& link) const {
  const auto it = left_.find({link.endpoint_, link.remote_});
  return it != left_.end() && it->second > std::chrono::steady_clock::now();
}

// libtorrent dials it again, later if that counts as a failure. Where others have all that it
// states, it then isn't asked for it.
void TransferPlugin::leave(LinkPlugin& link, Monotonic now) {
  if (left_.size() < kMostLeft) left_[{link.endpoint_, link.remote_}] = now + kProbation;
  for (const auto& [piece, blocks] : link.open_.pieces()) {  // late already, so before others
    handle_.piece_priority(lt::piece_index_t(static_cast<int>(piece)), lt::top_priority);
  }
  link.connection_.disconnect(lt::errors::timed_out_no_request, lt::operation_t::bittorrent,
                              link.takes() ? lt::peer_connection_interface::normal
                                           : lt::peer_connection_interface::failure);
}

bool TransferPlugin::has_idle_help(Monotonic now) const {
  bool late = false;
  bool idle = false;
  for (const LinkPlugin* link : links_) {
    if (link->gone_) continue;
    if (link->asked_ == 0) {
      idle = idle || link->field_seen_;
    } else {
      late = late || now - link->deadline_.last_block() >= kHedge;
    }
  }
  return late && idle;
}

// At the next look: libtorrent frees the blocks only after it has told us why.
void TransferPlugin::offer_soon() {
  offer_due_ = true;
  if (!links_.empty()) watch_requests(*links_.front());
}

// Of one that has nothing open libtorrent asks what others were asked for already, though
// they mostly send it: the copy then is sent for nothing (its end game). It isn't allowed to
// look while nothing else is to be asked of this link; what is late, idle offers see to.
void LinkPlugin::judge_picking() {
  allow_picking(asked_ > 0 || !transfer_->is_all_asked(*this));
}

// The same when the link shows one piece more.
void LinkPlugin::judge_picking(std::uint32_t shown) {
  if (may_pick_) {
    judge_picking();
  } else if (!transfer_->is_asked(shown)) {
    allow_picking(true);
  }
}

void LinkPlugin::allow_picking(bool allowed) {
  if (allowed == may_pick_ || gone_) return;
  may_pick_ = allowed;
  let_pick(connection_, allowed);
}

// Whether all its blocks are here or asked of somebody.
bool TransferPlugin::is_asked(std::uint32_t piece) const {
  Bitmap blocks;
  if (const auto it = making_.find(piece); it != making_.end()) blocks = it->second.blocks;
  blocks.resize(state_->blocks_in(piece), false);
  for (const LinkPlugin* link : links_) link->open_.mark(piece, blocks);
  return std::find(blocks.begin(), blocks.end(), false) == blocks.end();
}

// Whether each block that we lack of what the link shows is asked of somebody, and a link
// that becomes free later can be made to look again: see offer_to_idle_links().
bool TransferPlugin::is_all_asked(const LinkPlugin& link) const {
  if (!has(Part::asked_once) || !has(Part::idle_offers)) return false;
  return state_->progress.with([&](const Progress& p) {
    const auto it = p.links.find(&link);
    if (it == p.links.end() || p.lacking == 0 || !to_flip(p)) return false;
    const auto& shown = it->second.shown;
    for (std::uint32_t piece = 0; piece < shown.size(); ++piece) {
      if (shown[piece] && p.lacks(piece) && !is_asked(piece)) return false;
    }
    return true;
  });
}

// libtorrent looks for something to ask when a block comes; a link with nothing open it
// looks at every five seconds. But also when a piece becomes wanted: so one is unwanted for a
// moment.
void TransferPlugin::offer_to_idle_links() {
  offer_due_ = false;
  for (LinkPlugin* link : links_) link->allow_picking(true);
  const auto piece = state_->progress.with([this](const Progress& p) { return to_flip(p); });
  if (!piece) return;
  const lt::piece_index_t index(static_cast<int>(*piece));
  handle_.piece_priority(index, lt::dont_download);
  handle_.piece_priority(index, lt::default_priority);
}

// A piece that is here; while there is none, one that nobody is asked for, or any. Not the
// only one that lacks: without it the torrent would be done for that moment.
std::optional<std::uint32_t> TransferPlugin::to_flip(const Progress& progress) const {
  const auto here = std::find(progress.have.begin(), progress.have.end(), true);
  if (here != progress.have.end()) {
    return static_cast<std::uint32_t>(here - progress.have.begin());
  }
  std::optional<std::uint32_t> any;
  for (std::uint32_t piece = 0; piece < state_->pieces && progress.lacking > 1; ++piece) {
    if (!progress.lacks(piece)) continue;
    any = piece;
    const bool open = std::any_of(links_.begin(), links_.end(), [&](const LinkPlugin* link) {
      return link->open_.touches(piece);
    });
    if (!open) break;
  }
  return any;
}

}  // namespace roost::swarm
