#include <pthread.h>
#include <sys/random.h>

#include "core/swarm/session_impl.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/alert_types.hpp>
#include <libtorrent/settings_pack.hpp>
#include <libtorrent/torrent_info.hpp>
#include <libtorrent/torrent_status.hpp>

#include "core/base/log.hpp"
#include "core/swarm/alerts.hpp"
#include "core/swarm/convert.hpp"
#include "core/swarm/listen.hpp"
#include "core/swarm/profile.hpp"
#include "core/swarm/tls.hpp"
#include "core/swarm/torrent_params.hpp"

namespace roost::swarm {
namespace lt = libtorrent;
namespace {

Identity make_identity(const SessionConfig& config) {
  Identity identity;
  identity.node = config.node.substr(0, 64);
  if (!config.without.contains(Part::zone_sharing)) identity.zone = config.zone;
  if (config.advertise) identity.advertised_port = config.advertise->port;
  if (::getrandom(identity.session.data(), identity.session.size(), 0) < 0) {
    throw_errno("get random bytes");
  }
  return identity;
}

Bitmap initial_pieces(const TransferOptions& options, int pieces) {
  if (options.complete) return Bitmap(static_cast<std::size_t>(pieces), true);
  return options.have;
}

}  // namespace

Session::Impl::Impl(const SessionConfig& config)
    : identity_(make_identity(config)), tls_(config.tls), without_(config.without) {
  if (tls_) set_tls_floor();
  Listening listening = start_listening(config);
  session_ = std::move(listening.session);
  local_ = std::move(listening.local);
  session_->set_alert_notify([this] { events_.wake(); });
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), "roost-swarm");
}

Session::Impl::~Impl() {
  events_.close();
  thread_.join();
  session_.reset();
}

lt::torrent_handle Session::Impl::start(const Entry& entry, const TransferOptions& options) {
  lt::add_torrent_params params = torrent_params(entry.torrent, options);
  params.upload_limit = as_rate(options.limits.upload);
  params.download_limit = as_rate(options.limits.download);
  // Not libtorrent's smart_ban: it blames the first peer that it knows at the liar's address, and
  // 2.0.8 has it keep pointers to peers that are gone. Who shared a failed piece is given whole
  // pieces for a while (its parole mode), which convicts the liar as soon.
  params.extensions.push_back(
      [this, state = entry.state, options](const lt::torrent_handle& handle, lt::client_data_t) {
        auto plugin =
            std::make_shared<TransferPlugin>(handle, state, events_, identity_, options, without_);
        plugin->announce_completion();
        return plugin;
      });
  const std::string& file = entry.state->file;
  lt::error_code error;
  lt::torrent_handle handle = session_->add_torrent(std::move(params), error);
  if (error == lt::errors::duplicate_torrent) {
    throw Error(Errc::conflict, fmt::format("add {}: this torrent is already here", file));
  }
  if (error) throw Error(Errc::failed, fmt::format("add {}: {}", file, error.message()));
  if (tls_) present(handle, *tls_);
  return handle;
}

void Session::Impl::stop(const lt::torrent_handle& handle) {
  if (handle.is_valid()) session_->remove_torrent(handle);
  // A synchronous call behind it: when it returns, nothing writes to the file any more.
  session_->is_paused();
}

std::unique_ptr<Transfer> Session::Impl::add(BytesView torrent, const TransferOptions& options,
                                             TransferListener& listener) {
  const auto info = torrent_params(torrent, options).ti;
  require_admissible(*info, tls_);
  const int pieces = info->num_pieces();
  const auto blocks = [&](lt::piece_index_t piece) {
    return static_cast<std::uint32_t>(info->orig_files().blocks_in_piece2(piece));
  };
  const auto entry =
      std::make_shared<Entry>(torrent, options,
                              std::make_shared<SharedState>(
                                  static_cast<std::uint32_t>(pieces), blocks(lt::piece_index_t(0)),
                                  blocks(lt::piece_index_t(pieces - 1)), options.file.string(),
                                  initial_pieces(options, pieces), options.wanted));
  entry->state->open(listener);
  const lt::torrent_handle handle = start(*entry, options);
  entry->current.with([&](auto& current) { current = handle; });
  entries_.with([&](auto& entries) { entries.push_back(entry); });
  handle.resume();  // dials the neighbours at once
  return std::make_unique<Transfer>(
      std::make_unique<Transfer::Impl>(Transfer::Impl{shared_from_this(), entry}));
}

void Session::Impl::admit(BytesView torrent) const {
  require_admissible(*parse_torrent(torrent), tls_);
}

void Session::Impl::remove(Entry& entry) {
  entry.state->close();
  entries_.with([&](auto& entries) {
    std::erase_if(entries, [&](const auto& e) { return e.get() == &entry; });
  });
  const std::lock_guard lock(entry.changing);
  entry.removed = true;
  stop(entry.handle());
}

void Session::Impl::restart(Entry& entry) {
  const std::lock_guard lock(entry.changing);
  if (entry.removed) return;
  const lt::torrent_handle before = entry.handle();
  const lt::torrent_status status = before.status({});
  entry.state->redundant_before += status.total_redundant_bytes;
  entry.state->failed_before += status.total_failed_bytes;
  stop(before);
  TransferOptions options = entry.options.with([](const TransferOptions& o) { return o; });
  options.complete = false;
  options.unfinished.clear();
  entry.state->progress.with([&](Progress& p) {
    options.have = p.have;
    p.stopped_by.clear();
    std::erase_if(options.neighbours, [&p](const Neighbour& n) {
      return std::any_of(p.liars.begin(), p.liars.end(),
                         [&n](const Sender& liar) { return liar.endpoint == n.endpoint; });
    });
  });
  const lt::torrent_handle handle = start(entry, options);
  entry.current.with([&](auto& current) { current = handle; });
  handle.resume();
}

void Session::Impl::set_limits(const TransferLimits& limits) {
  lt::settings_pack pack;
  set_caps(pack, limits);
  leave_out(pack, without_);
  session_->apply_settings(std::move(pack));
}

void Session::Impl::run() {
  std::deque<Event> events;
  while (events_.wait(events)) {
    for (const Event& event : events) dispatch(event);
    events.clear();
    std::vector<lt::alert*> alerts;
    session_->pop_alerts(&alerts);
    for (const lt::alert* alert : alerts) handle(*alert);
  }
}

void Session::Impl::dispatch(const Event& event) {
  event.transfer->tell([&](TransferListener& listener) {
    switch (event.kind) {
      case EventKind::piece:
        listener.on_piece(event.piece);
        break;
      case EventKind::complete:
        listener.on_complete();
        break;
    }
  });
}

std::shared_ptr<Entry> Session::Impl::find(const lt::torrent_handle& handle) const {
  return entries_.with([&](const auto& entries) -> std::shared_ptr<Entry> {
    const auto it = std::find_if(entries.begin(), entries.end(),
                                 [&](const auto& e) { return e->handle() == handle; });
    return it == entries.end() ? nullptr : *it;
  });
}

void Session::Impl::handle(const lt::alert& alert) {
  constexpr int kMostPardons = 5;
  const auto* about = dynamic_cast<const lt::torrent_alert*>(&alert);
  if (about == nullptr) return;
  const auto entry = find(about->handle);
  if (!entry) {
    if (const auto* refused = lt::alert_cast<lt::peer_error_alert>(&alert)) note_refused(*refused);
    return;
  }
  if (const auto problem = problem_of(alert, *entry->state)) {
    entry->state->tell([&](TransferListener& listener) { listener.on_problem(*problem); });
  }
  // One liar takes honest peers with it: whoever shares enough failed pieces
  // with it is banned as well, the origin not excepted.
  if (bans_without_proof(alert, *entry->state) && entry->pardons++ < kMostPardons) restart(*entry);
}

// A hand-shake that failed before anybody knew which torrent it was for.
void Session::Impl::note_refused(const lt::peer_error_alert& alert) {
  constexpr std::size_t kMostAddresses = 100;
  const auto verdict = tls_verdict(alert.error);
  if (!verdict || refused_.size() == kMostAddresses) return;
  if (!refused_.insert(alert.endpoint.address().to_string()).second) return;
  log::warn("a link has failed: {}", describe(*verdict, to_endpoint(alert.endpoint).str()));
}

Session::Session(const SessionConfig& config) : impl_(std::make_shared<Impl>(config)) {}
Session::~Session() = default;

Endpoint Session::local_endpoint() const {
  return impl_->local();
}

void Session::admit(BytesView torrent) const {
  impl_->admit(torrent);
}

std::unique_ptr<Transfer> Session::add(BytesView torrent, const TransferOptions& options,
                                       TransferListener& listener) {
  return impl_->add(torrent, options, listener);
}

void Session::set_limits(const TransferLimits& limits) {
  impl_->set_limits(limits);
}

}  // namespace roost::swarm
