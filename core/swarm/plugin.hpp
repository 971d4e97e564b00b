// Roost's extension to libtorrent, one object per transfer and one per
// connection, all on libtorrent's network thread. Private to core/swarm.
//
// It (1) tells the peer in the extended hand-shake (BEP 10) under "roost" who
// we are: {v, id, origin, reveal, node, zone, leads_to}; (2) carries out RevealingStrategy when
// we are the origin, and hides from libtorrent, when the remote side is one,
// that it has everything; (3) counts payload by role and who has which piece;
// (4) keeps one of two connections between the same pair of processes; (5) lets
// new neighbours be dialled at once instead of at the next one-second tick;
// (6) keeps each peer's queue of requests as short as its link allows; (7) takes
// from another zone only what nobody in our own has, and of that only its share
// where several links lead there; (8) leaves links that don't send what was asked of them;
// (9) asks two peers for one block only when the first is late.
#pragma once

#include <utility>

#include <libtorrent/extensions.hpp>
#include <libtorrent/peer_connection_handle.hpp>
#include <libtorrent/torrent_handle.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/swarm/open_blocks.hpp"
#include "core/swarm/parts.hpp"
#include "core/swarm/request_deadline.hpp"
#include "core/swarm/request_depth.hpp"
#include "core/swarm/seeding_strategy.hpp"
#include "core/swarm/shared_state.hpp"

namespace roost::swarm {

// Who we are, for the hand-shake.
struct Identity {
  SessionId session;
  std::string node;
  std::string zone;                   // empty: not told
  std::uint16_t advertised_port = 0;  // 0: the one we listen on
};

class LinkPlugin;

class TransferPlugin final : public libtorrent::torrent_plugin,
                             public std::enable_shared_from_this<TransferPlugin> {
 public:
  TransferPlugin(libtorrent::torrent_handle handle, std::shared_ptr<SharedState> state,
                 EventQueue& events, Identity identity, const TransferOptions& options,
                 Parts without);

  // Tells of a transfer that has every piece, once. libtorrent attaches plug-ins
  // after a torrent started, so one that was added complete is told by the maker.
  void announce_completion();

  std::shared_ptr<libtorrent::peer_plugin> new_connection(
      const libtorrent::peer_connection_handle& connection) override;
  void on_piece_pass(libtorrent::piece_index_t index) override;
  void on_piece_failed(libtorrent::piece_index_t index) override;
  void tick() override;
  bool on_pause() override { return dialling_; }
  void on_add_peer(const libtorrent::tcp::endpoint& endpoint,
                   libtorrent::peer_source_flags_t source,
                   libtorrent::add_peer_flags_t flags) override;

 private:
  friend class LinkPlugin;

  bool has(Part part) const { return !without_.contains(part); }
  void tell_origins(std::uint32_t piece);
  void reveal();  // carries out what the strategy asks
  bool resolve_duplicate(LinkPlugin& link);
  void watch_uplink();
  void forget(LinkPlugin* link);
  // plugin_zones.cpp
  std::set<std::string> zones_linked() const;
  void tell_zones();
  bool is_anothers(const LinkPlugin& far, std::uint32_t piece) const;
  bool leave_to_others(const LinkPlugin& link, std::uint32_t piece) const;
  bool leave_to_zone(const LinkPlugin& far, std::uint32_t piece) const;
  void look_afar();
  // plugin_requests.cpp
  void watch_requests(const LinkPlugin& asked);
  void look_later();
  void look_at_requests();
  void hear_links(Monotonic now, bool overslept);
  bool leave_a_silent_link(Monotonic now);
  bool is_dispensable(const LinkPlugin& silent, Monotonic now) const;
  bool others_show(const LinkPlugin& link, std::uint32_t piece, Monotonic now) const;
  bool was_left(const LinkPlugin& link) const;
  void leave(LinkPlugin& link, Monotonic now);
  bool has_idle_help(Monotonic now) const;
  void offer_soon();
  void offer_to_idle_links();
  std::optional<std::uint32_t> to_flip(const Progress& progress) const;
  bool is_asked(std::uint32_t piece) const;
  bool is_all_asked(const LinkPlugin& link) const;

  libtorrent::torrent_handle handle_;
  std::shared_ptr<SharedState> state_;
  EventQueue& events_;
  Identity identity_;
  const Parts without_;
  const bool origin_;
  // Only some pieces are wanted. Then nobody may count on us: an origin would wait for what it
  // revealed to us, and our zone for our share of what crosses.
  const bool chooses_;
  std::optional<RevealingStrategy> strategy_;
  std::vector<LinkPlugin*> links_;  // live ones; a link takes itself out
  std::map<std::uint32_t, Making> making_;
  RevealingStrategy::Key next_key_ = 1;
  bool fetches_;  // it was added with pieces missing
  bool dialling_ = false;
  Bitmap lifted_;  // pieces that others turned out not to deliver; empty: none
  struct Timer;
  std::shared_ptr<Timer> watch_;  // runs while something is asked of somebody
  Monotonic looked_{};
  Monotonic hedged_{};
  bool offer_due_ = false;            // blocks that were asked for are free again
  bool outage_ = false;               // nobody sends what was asked of them
  std::map<Sender, Monotonic> left_;  // for silence, and until when little is asked of them
};

class LinkPlugin final : public libtorrent::peer_plugin {
 public:
  LinkPlugin(std::shared_ptr<TransferPlugin> transfer,
             libtorrent::peer_connection_handle connection, RevealingStrategy::Key key);
  ~LinkPlugin() override;

  libtorrent::string_view type() const override { return "roost"; }
  void add_handshake(libtorrent::entry& handshake) override;
  bool on_handshake(libtorrent::span<const char> reserved) override;
  bool on_extension_handshake(const libtorrent::bdecode_node& handshake) override;
  void on_connected() override;
  void on_disconnect(const libtorrent::error_code& code) override;
  bool on_choke() override;
  bool on_unchoke() override;
  bool on_have(libtorrent::piece_index_t index) override;
  bool on_bitfield(const libtorrent::bitfield& bits) override;
  bool on_have_all() override;
  bool on_have_none() override;
  bool on_request(const libtorrent::peer_request& request) override;
  bool on_piece(const libtorrent::peer_request& piece, libtorrent::span<const char> data) override;
  bool on_reject(const libtorrent::peer_request& request) override;
  void sent_request(const libtorrent::peer_request& request) override;
  void sent_reject_request(const libtorrent::peer_request& request) override;
  void sent_payload(int bytes) override;

 private:
  friend class TransferPlugin;

  bool take_field(Bitmap field);  // true: libtorrent must not see it
  void join(const Bitmap& field);
  void show_piece(std::uint32_t piece);
  void confirm_piece(std::uint32_t piece);
  void show_all();
  void find_own_socket();
  void watch_depth();
  void say_depth(int blocks);
  void hide_version();
  void add_backlog(std::int64_t bytes);
  void add_asked(int blocks);
  void judge_picking();
  void judge_picking(std::uint32_t shown);
  void allow_picking(bool allowed);
  bool idle() const;
  bool takes() const { return backlog_ > 0; }
  bool is_liar() const;
  void say(const std::string& amendment);
  void note_zone(const libtorrent::bdecode_node& roost);
  void note_zones_linked(const libtorrent::bdecode_node& roost);
  bool withhold(std::uint32_t piece);
  bool withhold_all(const Bitmap& field);
  template <class F>
  void edit(F&& f);  // f(Progress&, Link&)

  std::shared_ptr<TransferPlugin> transfer_;  // connections may outlive their torrent
  libtorrent::peer_connection_handle connection_;
  RevealingStrategy::Key key_;
  std::optional<SessionId> remote_;
  Endpoint endpoint_;  // as Link::remote
  std::uint16_t remote_port_ = 0;
  bool origin_ = false;
  bool understands_ = false;                     // revealing, and so do we
  std::string zone_;                             // as it says; empty: not told, or ours isn't
  bool near_ = false;                            // in our zone
  bool far_ = false;                             // in another one
  std::set<std::string> leads_to_;               // the zones that it has links with, as it says
  std::set<std::string> told_zones_;             // what we told it of ours
  std::map<std::uint32_t, Monotonic> withheld_;  // what libtorrent must not know it has; since
  bool field_seen_ = false;
  bool joined_ = false;
  bool gone_ = false;
  bool version_hidden_ = false;  // from libtorrent (core/swarm/hash_requests.hpp)
  std::int64_t backlog_ = 0;     // bytes that the peer has asked for and we haven't sent
  int asked_ = 0;                // blocks that we have asked for and haven't received
  OpenBlocks open_;              // the same by piece
  bool may_pick_ = true;         // libtorrent may look for something to ask of it
  RequestDeadline deadline_;
  std::optional<int> socket_;
  RequestDepth depth_;
};

template <class F>
void LinkPlugin::edit(F&& f) {
  if (gone_) return;
  transfer_->state_->progress.with([&](Progress& p) { f(p, p.links[this]); });
}

}  // namespace roost::swarm
