#include <fmt/core.h>

#include <libtorrent/bdecode.hpp>
#include <libtorrent/bitfield.hpp>
#include <libtorrent/entry.hpp>
#include <libtorrent/peer_request.hpp>

#include <algorithm>
#include <chrono>

#include "core/swarm/convert.hpp"
#include "core/swarm/hash_requests.hpp"
#include "core/swarm/plugin.hpp"
#include "core/swarm/sockets.hpp"

namespace roost::swarm {
namespace lt = libtorrent;
namespace {

constexpr std::int64_t kExtensionVersion = 1;
constexpr int kBlockSize = 16 * 1024;
constexpr char kHave = 4;       // BEP 3
constexpr char kHaveAll = 0xe;  // BEP 6
constexpr char kExtended = 20;  // BEP 10

std::uint32_t number(lt::piece_index_t index) {
  return static_cast<std::uint32_t>(static_cast<int>(index));
}

std::uint32_t block(const lt::peer_request& request) {
  return static_cast<std::uint32_t>(request.start / kBlockSize);
}

Bitmap to_bitmap(const lt::bitfield& bits, std::uint32_t pieces) {
  Bitmap out(pieces, false);
  for (int i = 0; i < std::min(bits.size(), static_cast<int>(pieces)); ++i) {
    out[static_cast<std::size_t>(i)] = bits.get_bit(i);
  }
  return out;
}

void note_busy(Guarded<Occupied>& occupied, Occupancy Occupied::*which, bool before, bool now) {
  if (before == now) return;
  const auto moment = std::chrono::steady_clock::now();
  occupied.with([&](Occupied& o) { (o.*which).change(now ? 1 : -1, moment); });
}

}  // namespace

LinkPlugin::LinkPlugin(std::shared_ptr<TransferPlugin> transfer,
                       lt::peer_connection_handle connection, RevealingStrategy::Key key)
    : transfer_(std::move(transfer)), connection_(std::move(connection)), key_(key) {
  endpoint_ = to_endpoint(connection_.remote());
  edit([this](Progress&, Link& link) { link.socket = link.remote = endpoint_; });
}

LinkPlugin::~LinkPlugin() {
  if (!gone_) on_disconnect({});
}

void LinkPlugin::add_handshake(lt::entry& handshake) {
  auto& roost = handshake["roost"];
  roost["v"] = kExtensionVersion;
  roost["id"] =
      std::string(transfer_->identity_.session.begin(), transfer_->identity_.session.end());
  roost["origin"] = transfer_->origin_ ? 1 : 0;
  roost["reveal"] = transfer_->has(Part::revealing) && !transfer_->chooses_ ? 1 : 0;
  if (!transfer_->identity_.node.empty()) roost["node"] = transfer_->identity_.node;
  if (!transfer_->identity_.zone.empty()) roost["zone"] = transfer_->identity_.zone;
  told_zones_ = transfer_->zones_linked();
  for (const auto& zone : told_zones_) roost["leads_to"].list().emplace_back(zone);
  if (transfer_->identity_.advertised_port != 0 && handshake.find_key("p") != nullptr) {
    handshake["p"] = transfer_->identity_.advertised_port;
  }
}

bool LinkPlugin::on_handshake(lt::span<const char>) {
  if (transfer_->fetches_) hide_version();
  return true;
}

void LinkPlugin::hide_version() {
  if (forbid_hash_requests(connection_)) version_hidden_ = true;
}

bool LinkPlugin::on_extension_handshake(const lt::bdecode_node& handshake) {
  const auto roost = handshake.dict_find_dict("roost");
  if (remote_) {  // an amendment (BEP 10): libtorrent reads what else it says
    note_zones_linked(roost);
    return true;
  }
  const auto port = handshake.dict_find_int_value("p", 0);
  if (port > 0 && port < 65536 && !connection_.is_outgoing()) {
    remote_port_ = static_cast<std::uint16_t>(port);
    endpoint_.port = remote_port_;
  }
  const auto id = roost ? roost.dict_find_string_value("id") : lt::string_view();
  if (roost && roost.dict_find_int_value("v", 0) == kExtensionVersion &&
      id.size() == SessionId().size()) {
    remote_.emplace();
    std::copy(id.begin(), id.end(), remote_->begin());
    origin_ = roost.dict_find_int_value("origin", 0) == 1;
    understands_ = roost.dict_find_int_value("reveal", 0) == 1 && !transfer_->chooses_;
    note_zone(roost);
    note_zones_linked(roost);
    if (*remote_ == transfer_->identity_.session) {
      connection_.disconnect(lt::errors::self_connection, lt::operation_t::bittorrent);
      return true;
    }
    if (is_liar()) {
      connection_.disconnect(lt::errors::peer_banned, lt::operation_t::bittorrent);
      return true;
    }
    if (!transfer_->resolve_duplicate(*this)) return true;
  }
  edit([&](Progress& progress, Link& link) {
    progress.refusal.clear();
    link.ready = true;
    link.origin = origin_;
    link.near = near_;
    link.understands = understands_;
    link.hidden = origin_ && understands_;
    link.remote = endpoint_;
    if (roost) link.node = printable(roost.dict_find_string_value("node").to_string());
  });
  find_own_socket();
  if (remote_) say_depth(depth_.depth());
  if (near_ || far_) transfer_->tell_zones();
  return true;
}

void LinkPlugin::find_own_socket() {
  if (socket_) return;
  socket_ =
      find_socket(to_endpoint(connection_.local_endpoint()), to_endpoint(connection_.remote()));
}

// Incoming connections inherit it from the listening socket.
void LinkPlugin::on_connected() {
  find_own_socket();
  if (socket_ && transfer_->has(Part::no_delay)) disable_nagle(*socket_);
}

// libtorrent forgets a ban when the banned peer dials again.
bool LinkPlugin::is_liar() const {
  return transfer_->state_->progress.with([this](const Progress& p) {
    return std::any_of(p.liars.begin(), p.liars.end(), [this](const Sender& liar) {
      // Anybody can write any id: only from the liar's address is it his.
      return liar.session == remote_ &&
             liar.endpoint.address == to_endpoint(connection_.remote()).address;
    });
  });
}

void LinkPlugin::on_disconnect(const lt::error_code&) {
  if (gone_) return;
  if (version_hidden_) restore_hash_requests(connection_);
  if (asked_ > 0) transfer_->offer_soon();
  add_backlog(-backlog_);
  add_asked(-asked_);
  gone_ = true;
  transfer_->forget(this);
  transfer_->state_->progress.with([this](Progress& p) {
    const auto it = p.links.find(this);
    if (it == p.links.end()) return;
    p.shown.replace(it->second.shown, {});
    p.held.replace(it->second.held, {});
    p.links.erase(it);
  });
  if (far_) transfer_->tell_zones();
  if (joined_) {
    transfer_->strategy_->left(key_);
    transfer_->reveal();
  }
}

bool LinkPlugin::on_choke() {
  edit([](Progress&, Link& link) { link.choked = true; });
  return false;  // what was asked stays so until it is rejected, one by one (BEP 6)
}

bool LinkPlugin::on_unchoke() {
  edit([](Progress&, Link& link) { link.choked = false; });
  judge_picking();
  return false;
}

// The remote's pieces, as it states them at the start of a connection, or again
// later. An origin that reveals is known to have everything; libtorrent must
// not know, or it would choose by itself. A second statement is the origin's
// word that everything may be seen now.
bool LinkPlugin::take_field(Bitmap field) {
  const bool reveals = origin_ && understands_ && !field_seen_;
  const bool withheld = !reveals && withhold_all(field);
  const bool hide = reveals || withheld;
  field_seen_ = true;
  edit([&](Progress& p, Link& link) {
    p.held.replace(link.held, field);
    link.held = field;
    link.held_count = static_cast<std::uint32_t>(std::count(field.begin(), field.end(), true));
    link.hidden = reveals;
    Bitmap shown = withheld ? link.shown : reveals ? Bitmap() : field;
    shown.resize(field.size(), false);
    p.shown.replace(link.shown, shown);
    link.shown = shown;
  });
  if (!hide) join(field);
  judge_picking();
  return hide;
}

void LinkPlugin::join(const Bitmap& field) {
  if (!transfer_->strategy_ || origin_ || gone_) return;
  const auto now = std::chrono::steady_clock::now();
  joined_ = true;
  find_own_socket();
  transfer_->strategy_->joined(
      key_,
      understands_ ? RevealingStrategy::PeerKind::revealing : RevealingStrategy::PeerKind::plain,
      field, now);
  transfer_->reveal();
}

bool LinkPlugin::on_bitfield(const lt::bitfield& bits) {
  return take_field(to_bitmap(bits, transfer_->state_->pieces));
}

bool LinkPlugin::on_have_all() {
  return take_field(Bitmap(transfer_->state_->pieces, true));
}

bool LinkPlugin::on_have_none() {
  // libtorrent also calls this by itself before the first HAVE of a peer that
  // sent no field, as it sees it: an origin's field was hidden from it.
  if (!field_seen_) take_field(Bitmap(transfer_->state_->pieces, false));
  return false;
}

bool LinkPlugin::on_have(lt::piece_index_t index) {
  const std::uint32_t piece = number(index);
  if (piece >= transfer_->state_->pieces) return false;  // libtorrent closes the connection
  if (!field_seen_) on_have_none();
  const bool withheld = withhold(piece);
  edit([piece, withheld](Progress& p, Link& link) {
    if (!withheld && !link.shown[piece]) {
      link.shown[piece] = true;
      p.shown.add(piece);
    }
    if (!link.held[piece]) {
      link.held[piece] = true;
      ++link.held_count;
      p.held.add(piece);
    }
  });
  if (joined_) {
    transfer_->strategy_->has(key_, piece, std::chrono::steady_clock::now());
    transfer_->watch_uplink();
    transfer_->reveal();
  }
  judge_picking(piece);
  return withheld;
}

bool LinkPlugin::on_request(const lt::peer_request& request) {
  add_backlog(request.length);
  return false;
}

void LinkPlugin::sent_reject_request(const lt::peer_request& request) {
  add_backlog(-request.length);
}

void LinkPlugin::sent_payload(int bytes) {
  transfer_->state_->bytes_uploaded += static_cast<std::uint64_t>(bytes);
  edit([bytes](Progress&, Link& link) { link.bytes_to += static_cast<std::uint64_t>(bytes); });
  if (joined_) transfer_->strategy_->sent(key_, std::chrono::steady_clock::now());
  add_backlog(-bytes);
  depth_.sent(static_cast<std::uint64_t>(bytes));
  watch_depth();
}

void LinkPlugin::watch_depth() {
  const auto now = std::chrono::steady_clock::now();
  if (!remote_ || !socket_ || !depth_.due(now)) return;
  const auto round_trip = least_round_trip(*socket_);
  if (!round_trip) return;
  if (const auto depth = depth_.judge(now, *round_trip)) say_depth(*depth);
}

void LinkPlugin::say_depth(int blocks) {
  if (!transfer_->has(Part::request_depth)) return;
  say(fmt::format("d4:reqqi{}ee", blocks));
}

// A part of the hand-shake (BEP 10), which may be sent again at any time.
void LinkPlugin::say(const std::string& amendment) {
  if (connection_.is_disconnecting()) return;
  const auto length = static_cast<std::uint32_t>(amendment.size() + 2);
  std::string message;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    message += static_cast<char>((length >> shift) & 0xff);
  }
  message += kExtended;
  message += '\0';
  message += amendment;
  connection_.send_buffer(message.data(), static_cast<int>(message.size()));
}

void LinkPlugin::add_backlog(std::int64_t bytes) {
  const bool before = backlog_ > 0;
  backlog_ = std::max<std::int64_t>(0, backlog_ + bytes);
  note_busy(transfer_->state_->occupied, &Occupied::askers, before, backlog_ > 0);
}

void LinkPlugin::add_asked(int blocks) {
  const bool before = asked_ > 0;
  asked_ = std::max(0, asked_ + blocks);
  note_busy(transfer_->state_->occupied, origin_ ? &Occupied::origins : &Occupied::peers, before,
            asked_ > 0);
  if (asked_ == 0) {
    open_.clear();
    deadline_.settled();
  } else if (!before) {
    deadline_.asked(std::chrono::steady_clock::now());
    transfer_->watch_requests(*this);
  }
}

void LinkPlugin::sent_request(const lt::peer_request& request) {
  open_.add(number(request.piece), block(request));
  add_asked(1);
}

bool LinkPlugin::on_reject(const lt::peer_request& request) {
  if (!open_.remove(number(request.piece), block(request))) return false;
  add_asked(-1);
  transfer_->offer_soon();
  return false;
}

// We have nothing to send to this peer; what is on its way takes half a round trip more.
bool LinkPlugin::idle() const {
  return backlog_ == 0 && !(socket_ && has_unsent(*socket_));
}

// What wasn't asked for libtorrent drops: it neither settles a request nor makes a piece. An
// empty block is a rejection in disguise, which on_reject() hears of next.
bool LinkPlugin::on_piece(const lt::peer_request& piece, lt::span<const char>) {
  if (piece.length == 0) return false;
  const bool asked = open_.remove(number(piece.piece), block(piece));
  if (asked) {
    deadline_.block(std::chrono::steady_clock::now());
    add_asked(-1);
    transfer_->making_[number(piece.piece)].add(block(piece), {endpoint_, remote_});
  }
  const auto length = static_cast<std::uint64_t>(piece.length);
  auto& state = *transfer_->state_;
  (origin_ ? state.bytes_origin : state.bytes_peers) += length;
  state.last_block = std::chrono::steady_clock::now().time_since_epoch().count();
  edit([length](Progress&, Link& link) { link.bytes_from += length; });
  judge_picking();
  return false;
}

void LinkPlugin::show_piece(std::uint32_t piece) {
  if (connection_.is_disconnecting()) return;
  const auto byte = [piece](unsigned shift) { return static_cast<char>((piece >> shift) & 0xff); };
  const char message[] = {0, 0, 0, 5, kHave, byte(24), byte(16), byte(8), byte(0)};
  connection_.send_buffer(message, sizeof message);
}

// To an origin: only what libtorrent will not tell it.
void LinkPlugin::confirm_piece(std::uint32_t piece) {
  bool shown = false;
  edit([&](Progress&, Link& link) { shown = piece < link.shown.size() && link.shown[piece]; });
  if (shown) show_piece(piece);
}

void LinkPlugin::show_all() {
  if (connection_.is_disconnecting()) return;
  const char message[] = {0, 0, 0, 1, kHaveAll};
  connection_.send_buffer(message, sizeof message);
}

}  // namespace roost::swarm
