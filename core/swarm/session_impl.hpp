// The session behind Session and Transfer. Private to core/swarm.
//
// Threads: libtorrent's network thread runs the plug-ins and fills events_; the
// swarm thread ("roost-swarm") empties it and libtorrent's alerts, and is the
// only one that calls listeners.
#pragma once

#include <utility>

#include <libtorrent/session.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/swarm/plugin.hpp"
#include "core/swarm/session.hpp"

namespace roost::swarm {

// A transfer with its libtorrent handle.
struct Entry {
  libtorrent::torrent_handle handle;
  std::shared_ptr<SharedState> state;
};

struct Session::Impl : std::enable_shared_from_this<Session::Impl> {
  explicit Impl(const SessionConfig& config);
  ~Impl();

  std::unique_ptr<Transfer> add(BytesView torrent, const TransferOptions& options,
                                TransferListener& listener);
  void remove(const Entry& entry);

  const Endpoint& local() const noexcept { return local_; }
  void set_limits(const TransferLimits& limits);

 private:
  void run();
  void dispatch(const Event& event);
  void handle(const libtorrent::alert& alert);
  std::shared_ptr<SharedState> find(const libtorrent::torrent_handle& handle) const;

  Identity identity_;
  EventQueue events_;
  Guarded<std::vector<Entry>> entries_;
  std::unique_ptr<libtorrent::session> session_;
  Endpoint local_;
  std::thread thread_;
};

struct Transfer::Impl {
  std::shared_ptr<Session::Impl> session;
  Entry entry;
};

}  // namespace roost::swarm
