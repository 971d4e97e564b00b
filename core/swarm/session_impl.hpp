// The session behind Session and Transfer. Private to core/swarm.
//
// Threads: libtorrent's network thread runs the plug-ins and fills events_; the
// swarm thread ("roost-swarm") empties it and libtorrent's alerts, and is the
// only one that calls listeners.
#pragma once

#include <utility>

#include <libtorrent/session.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/swarm/plugin.hpp"
#include "core/swarm/session.hpp"

namespace roost::swarm {

// A transfer, with all that it takes to add it once more.
struct Entry {
  Entry(BytesView file, const TransferOptions& initial, std::shared_ptr<SharedState> shared)
      : torrent(file.begin(), file.end()), options(initial), state(std::move(shared)) {}

  const Bytes torrent;
  Guarded<TransferOptions> options;  // with what its user has added since
  const std::shared_ptr<SharedState> state;
  Guarded<libtorrent::torrent_handle> current;
  int pardons = 0;      // restarts to undo bans; swarm thread only
  std::mutex changing;  // held by restart() and remove(), each on a thread of its own
  bool removed = false;

  libtorrent::torrent_handle handle() const {
    return current.with([](const auto& handle) { return handle; });
  }
};

struct Session::Impl : std::enable_shared_from_this<Session::Impl> {
  explicit Impl(const SessionConfig& config);
  ~Impl();

  std::unique_ptr<Transfer> add(BytesView torrent, const TransferOptions& options,
                                TransferListener& listener);
  void admit(BytesView torrent) const;
  void remove(Entry& entry);

  // Adds the transfer anew with what it has. After a failed write libtorrent may
  // hold a piece for written that is not, and would never look at it again; and
  // it offers no way to undo a ban.
  void restart(Entry& entry);

  const Endpoint& local() const noexcept { return local_; }
  void set_limits(const TransferLimits& limits);

 private:
  void run();
  void dispatch(const Event& event);
  void handle(const libtorrent::alert& alert);
  void note_refused(const libtorrent::peer_error_alert& alert);
  std::shared_ptr<Entry> find(const libtorrent::torrent_handle& handle) const;
  libtorrent::torrent_handle start(const Entry& entry, const TransferOptions& options);
  void stop(const libtorrent::torrent_handle& handle);

  Identity identity_;
  const std::optional<PeerTls> tls_;
  const Parts without_;
  EventQueue events_;
  Guarded<std::vector<std::shared_ptr<Entry>>> entries_;
  std::set<std::string> refused_;  // addresses already complained of; swarm thread only
  std::unique_ptr<libtorrent::session> session_;
  Endpoint local_;
  std::thread thread_;
};

struct Transfer::Impl {
  std::shared_ptr<Session::Impl> session;
  std::shared_ptr<Entry> entry;
};

}  // namespace roost::swarm
