#include "core/swarm/profile.hpp"

#include <utility>

#include <fmt/core.h>

#include <libtorrent/alert.hpp>
#include <libtorrent/settings_pack.hpp>
#include <map>
#include <vector>

#include "core/swarm/convert.hpp"

namespace roost::swarm {
namespace {

using Pack = libtorrent::settings_pack;

// Peers come from the tracker and from neighbours only; nothing leaks out of the fleet.
void set_privacy(Pack& pack) {
  pack.set_bool(Pack::enable_dht, false);
  pack.set_bool(Pack::enable_lsd, false);
  pack.set_bool(Pack::enable_upnp, false);
  pack.set_bool(Pack::enable_natpmp, false);
  pack.set_bool(Pack::enable_incoming_utp, false);  // TCP in a datacentre: less CPU, no ramp-up
  pack.set_bool(Pack::enable_outgoing_utp, false);
  pack.set_int(Pack::mixed_mode_algorithm, Pack::prefer_tcp);  // no throttling in favour of uTP
  pack.set_int(Pack::out_enc_policy, Pack::pe_disabled);       // RC4 hides nothing and costs CPU
  pack.set_int(Pack::in_enc_policy, Pack::pe_disabled);
  pack.set_bool(Pack::support_share_mode, false);
}

void set_connections(Pack& pack) {
  pack.set_bool(Pack::allow_multiple_connections_per_ip, true);  // many nodes on one host or NAT
  pack.set_int(Pack::connections_limit, 4000);  // 200 is too few for a seeder; cut to fit the fds
  pack.set_int(Pack::connection_speed, 500);    // 30 a second delays a large hand-out
  pack.set_int(Pack::torrent_connect_boost, 255);  // dials at once instead of at the next tick
  pack.set_bool(Pack::smooth_connects, false);     // would halve what is dialled at once
  pack.set_int(Pack::listen_queue_size, 1024);  // all nodes of a release dial within milliseconds
  pack.set_int(Pack::max_retry_port_bind, 0);   // a port that is in use is an error,
  pack.set_bool(Pack::listen_system_port_fallback, false);  // not a reason to take another
  pack.set_int(Pack::min_reconnect_time, 1);  // times failures + 1; 60 s strands a restarted node
  pack.set_int(Pack::max_failcount, 32);  // a neighbour is never given up: the counter ends at 31
  pack.set_int(Pack::peer_connect_timeout, 3);
  pack.set_int(Pack::handshake_timeout, 5);
  pack.set_int(Pack::peer_timeout, 30);  // a dead host is left sooner than in 120 s
  pack.set_bool(Pack::close_redundant_connections, false);  // the origin counts copies by its links
  pack.set_int(Pack::peer_turnover, 0);  // never drop a good link for a random one
  pack.set_bool(Pack::seeding_outgoing_connections, false);  // who lacks something dials
  pack.set_int(Pack::max_peerlist_size, 20000);
}

void set_trading(Pack& pack) {
  pack.set_int(Pack::unchoke_slots_limit, -1);   // a trusted fleet doesn't barter: serve everybody
  pack.set_int(Pack::allowed_fast_set_size, 0);  // nobody is choked, so nothing to allow
  pack.set_int(Pack::request_queue_time, 1);     // short queues: the last pieces spread (measured)
  pack.set_int(Pack::max_out_request_queue, 2000);  // 500 blocks are 8 MB: short of 10 Gbit/s links
  pack.set_int(Pack::piece_timeout, 5);             // 20 s on a stuck peer is a lost release window
  pack.set_int(Pack::request_timeout, 10);
  pack.set_bool(Pack::send_redundant_have, false);  // half of all HAVEs; origins hear them from us
  pack.set_bool(Pack::strict_end_game_mode, true);  // off costs 14 % redundant bytes (measured)
  // Below it blocks wait in line for their turn to be read, one at a time until
  // the rate is known a second later; 10 KB is less than one block.
  pack.set_int(Pack::send_buffer_low_watermark, 1 << 20);
  pack.set_int(Pack::suggest_mode, Pack::no_piece_suggestions);
  pack.set_bool(Pack::rate_limit_ip_overhead,
                false);  // a cap means payload and messages, as stated
  pack.set_int(Pack::tick_interval,
               100);  // how often rate caps hand out quota; 500 ms makes bursts
  pack.set_bool(Pack::auto_sequential, false);  // rarest first, always: the origin steers the order
}

void set_tracker(Pack& pack) {
  pack.set_int(Pack::min_announce_interval, 5);  // 300 s overrides what the tracker asks for
  pack.set_int(Pack::tracker_backoff, 20);       // seconds to wait grow slower after failures
  pack.set_int(Pack::tracker_completion_timeout, 10);
  pack.set_int(Pack::tracker_receive_timeout, 5);
  pack.set_int(Pack::stop_tracker_timeout, 1);  // a dead tracker must not hold up an exit
  pack.set_bool(Pack::announce_to_all_trackers, false);
  pack.set_bool(Pack::prefer_udp_trackers, false);
  // ssrf_mitigation stays on: announce paths on loopback must start with
  // /announce, and Roost's tracker serves just that.
}

void set_machine(Pack& pack) {
  namespace category = libtorrent::alert_category;
  pack.set_int(Pack::alert_queue_size, 100000);  // 2000 drops alerts at speed
  pack.set_int(Pack::alert_mask,
               static_cast<int>(static_cast<std::uint32_t>(
                   category::error | category::status | category::peer | category::tracker |
                   category::connect)));  // why a link ended: a certificate, perhaps
}

}  // namespace

// Capped sessions hand out quota once a tick, and every message waits for it: a
// hand-shake takes five. Without caps a tick only keeps house.
void set_caps(Pack& pack, const TransferLimits& limits) {
  const bool capped = limits.upload != 0 || limits.download != 0;
  pack.set_int(Pack::upload_rate_limit, as_rate(limits.upload));
  pack.set_int(Pack::download_rate_limit, as_rate(limits.download));
  pack.set_int(Pack::tick_interval, capped ? 10 : 100);
}

void leave_out(Pack& pack, const Parts& without) {
  static const std::map<Part, std::vector<int>> kSettings{
      {Part::fast_connect,
       {Pack::connection_speed, Pack::torrent_connect_boost, Pack::smooth_connects,
        Pack::listen_queue_size}},
      // close_redundant_connections isn't a part: who seems to have nothing, as an origin that
      // reveals does, would be hung up on, and nobody would finish.
      {Part::kept_links, {Pack::peer_turnover, Pack::seeding_outgoing_connections}},
      {Part::short_timeouts,
       {Pack::min_reconnect_time, Pack::max_failcount, Pack::peer_connect_timeout,
        Pack::handshake_timeout, Pack::peer_timeout, Pack::piece_timeout, Pack::request_timeout}},
      {Part::unchoke_all, {Pack::unchoke_slots_limit, Pack::allowed_fast_set_size}},
      {Part::short_queues, {Pack::request_queue_time, Pack::max_out_request_queue}},
      {Part::have_suppression, {Pack::send_redundant_have}},
      {Part::send_buffer, {Pack::send_buffer_low_watermark}},
      {Part::short_ticks, {Pack::tick_interval}},
      {Part::rarest_first, {Pack::auto_sequential}},
      {Part::tracker_timing,
       {Pack::min_announce_interval, Pack::tracker_backoff, Pack::tracker_completion_timeout,
        Pack::tracker_receive_timeout}},
  };
  for (const Part part : without) {
    const auto found = kSettings.find(part);
    if (found == kSettings.end()) continue;  // not one of settings
    for (const int setting : found->second) pack.clear(setting);
  }
  if (without.contains(Part::strict_end_game)) {  // libtorrent's own value is ours
    pack.set_bool(Pack::strict_end_game_mode, false);
  }
}

Pack datacentre_profile() {
  Pack pack;
  set_privacy(pack);
  set_connections(pack);
  set_trading(pack);
  set_tracker(pack);
  set_machine(pack);
  pack.set_str(Pack::user_agent, fmt::format("roost/{}", ROOST_VERSION));
  pack.set_str(Pack::peer_fingerprint, "-RO0100-");
  return pack;
}

Pack datacentre_profile(const SessionConfig& config) {
  Pack pack = datacentre_profile();
  // One port, for TLS or for plain links, never both.
  pack.set_str(Pack::listen_interfaces, config.listen.str() + (config.tls ? "s" : ""));
  set_caps(pack, {config.upload_limit, config.download_limit});
  pack.set_int(Pack::peer_dscp, config.dscp << 2);  // libtorrent wants the whole TOS octet
  if (config.advertise && !config.advertise->is_any()) {
    pack.set_str(Pack::announce_ip, config.advertise->address);
  }
  leave_out(pack, config.without);
  return pack;
}

}  // namespace roost::swarm
