#include "bench/fanout/plain_peer.hpp"

#include <utility>

#include <condition_variable>
#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/alert_types.hpp>
#include <libtorrent/extensions/smart_ban.hpp>
#include <libtorrent/ip_filter.hpp>
#include <libtorrent/posix_disk_io.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/settings_pack.hpp>
#include <libtorrent/torrent_info.hpp>
#include <mutex>

#include "core/base/error.hpp"

namespace roost::bench {
namespace {

namespace lt = libtorrent;
using Pack = lt::settings_pack;

constexpr int kMurderAnnounce = 15;  // seconds

Pack settings(const PlainPeer& config) {
  Pack pack;
  pack.set_str(Pack::listen_interfaces, config.listen.str());
  for (const int off : {Pack::enable_dht, Pack::enable_lsd, Pack::enable_upnp, Pack::enable_natpmp,
                        Pack::enable_incoming_utp, Pack::enable_outgoing_utp}) {
    pack.set_bool(off, false);
  }
  pack.set_int(Pack::out_enc_policy, Pack::pe_disabled);
  pack.set_int(Pack::in_enc_policy, Pack::pe_disabled);
  pack.set_int(Pack::alert_mask, static_cast<int>(static_cast<std::uint32_t>(
                                     lt::alert_category::status | lt::alert_category::error)));
  // Choking does not reach peers on private addresses until their peer class is taken away.
  if (config.profile == PlainProfile::murder) {
    pack.set_int(Pack::unchoke_slots_limit, 1);
    pack.set_int(Pack::min_announce_interval, kMurderAnnounce);
    return pack;
  }
  pack.set_int(Pack::mixed_mode_algorithm, Pack::prefer_tcp);
  pack.set_int(Pack::unchoke_slots_limit, -1);
  pack.set_int(Pack::request_queue_time, 1);
  pack.set_int(Pack::connections_limit, 4000);
  pack.set_int(Pack::connection_speed, 500);
  pack.set_int(Pack::torrent_connect_boost, 255);
  pack.set_bool(Pack::smooth_connects, false);
  pack.set_int(Pack::listen_queue_size, 1024);
  pack.set_int(Pack::min_reconnect_time, 1);
  pack.set_int(Pack::piece_timeout, 5);
  pack.set_int(Pack::request_timeout, 10);
  pack.set_bool(Pack::close_redundant_connections, false);
  pack.set_int(Pack::send_buffer_low_watermark, 1 << 20);
  pack.set_bool(Pack::strict_end_game_mode, true);
  pack.set_int(Pack::aio_threads, 1);
  pack.set_int(Pack::hashing_threads, 1);
  return pack;
}

lt::session_params session_params(const PlainPeer& config) {
  lt::session_params params(settings(config));
  params.extensions.clear();
  // Less CPU than the mapped back end, whose writes the kernel delays as it likes.
  params.disk_io_constructor = lt::posix_disk_io_constructor;
  return params;
}

lt::add_torrent_params torrent_params(const PlainPeer& config) {
  lt::add_torrent_params params;
  lt::error_code error;
  params.ti = std::make_shared<lt::torrent_info>(config.torrent.string(), error);
  if (error)
    throw Error(Errc::integrity, "read " + config.torrent.string() + ": " + error.message());
  params.save_path = config.directory.string();
  params.flags &= ~(lt::torrent_flags::auto_managed | lt::torrent_flags::paused);
  params.extensions.push_back(&lt::create_smart_ban_plugin);
  if (config.seed) params.have_pieces.resize(params.ti->num_pieces(), true);
  if (config.seed) params.flags |= lt::torrent_flags::seed_mode;
  if (!config.tracker.empty()) params.trackers = {config.tracker};
  for (const auto& peer : config.peers) {
    params.peers.emplace_back(lt::make_address(peer.address), peer.port);
  }
  return params;
}

// True once the torrent is finished; throws what its disk says.
bool look_at_alerts(lt::session& session) {
  std::vector<lt::alert*> alerts;
  session.pop_alerts(&alerts);
  bool finished = false;
  for (const auto* alert : alerts) {
    if (lt::alert_cast<lt::torrent_finished_alert>(alert) != nullptr) finished = true;
    if (lt::alert_cast<lt::file_error_alert>(alert) != nullptr ||
        lt::alert_cast<lt::listen_failed_alert>(alert) != nullptr) {
      throw Error(Errc::failed, "run plain peer: " + alert->message());
    }
  }
  return finished;
}

}  // namespace

void run_plain_peer(const PlainPeer& config, const std::function<void()>& complete,
                    const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  bool news = false;
  lt::session session(session_params(config));
  lt::ip_filter no_class;
  no_class.add_rule(lt::make_address("0.0.0.0"), lt::make_address("255.255.255.255"), 0);
  session.set_peer_class_filter(no_class);
  session.set_alert_notify([&] {
    const std::lock_guard lock(mutex);
    news = true;
    wake.notify_all();
  });
  lt::error_code error;
  session.add_torrent(torrent_params(config), error);
  if (error) throw Error(Errc::failed, "add " + config.torrent.string() + ": " + error.message());
  for (bool told = false; !stop.stop_requested();) {
    if (look_at_alerts(session) && !std::exchange(told, true)) complete();
    std::unique_lock lock(mutex);
    wake.wait(lock, stop, [&] { return std::exchange(news, false); });
  }
  session.set_alert_notify([] {});
}

}  // namespace roost::bench
