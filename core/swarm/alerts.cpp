#include "core/swarm/alerts.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <libtorrent/alert_types.hpp>
#include <libtorrent/error_code.hpp>
#include <libtorrent/operations.hpp>

#include "core/swarm/convert.hpp"
#include "core/swarm/tls.hpp"

namespace roost::swarm {
namespace lt = libtorrent;
namespace {

// One report a stop: libtorrent posts an alert for every block that failed.
std::optional<Problem> stop(SharedState& state, ProblemKind kind, Errc code,
                            const std::string& cause, const std::string& help) {
  const bool first = state.progress.with([&](Progress& p) {
    const bool running = p.stopped_by.empty();
    if (running) p.stopped_by = cause;
    return running;
  });
  if (!first) return std::nullopt;
  return Problem{kind, Error(code, fmt::format("fetch {}: {}", state.file, cause), help)};
}

bool means_full_disk(const lt::error_code& error) {
  return error == boost::system::errc::no_space_on_device ||
         error == lt::error_code(EDQUOT, boost::system::generic_category());
}

std::optional<Problem> of_file(const lt::file_error_alert& alert, SharedState& state) {
  if (means_full_disk(alert.error)) {
    return stop(state, ProblemKind::disk_full, Errc::no_space, "disk full",
                "free some space, then resume");
  }
  return stop(state, ProblemKind::file, Errc::failed,
              fmt::format("{}: {}", lt::operation_name(alert.op), alert.error.message()), "");
}

// A tracker's own words make a refusal; else it could not be reached.
std::optional<Problem> of_tracker(const lt::tracker_error_alert& alert, SharedState& state) {
  const std::string words = alert.failure_reason();
  const std::string cause =
      words.empty() ? alert.error.message() : fmt::format("refused: {}", words);
  const bool repeated = state.progress.with([&](Progress& p) {
    const bool same = p.tracker_words == cause;
    p.tracker_words = cause;
    p.tracker_answered = false;
    return same;
  });
  if (repeated) return std::nullopt;
  return Problem{ProblemKind::tracker,
                 Error(words.empty() ? Errc::unavailable : Errc::failed,
                       fmt::format("announce to {}: {}", alert.tracker_url(), cause))};
}

std::optional<Problem> of_link(const lt::tcp::endpoint& peer, const lt::error_code& error,
                               SharedState& state) {
  const auto verdict = tls_verdict(error);
  if (!verdict) return std::nullopt;
  const std::string cause = describe(*verdict, to_endpoint(peer).str());
  const bool first = state.progress.with([&](Progress& p) {
    p.refusal = cause;
    return p.refusals.insert(static_cast<int>(*verdict)).second;
  });
  if (!first) return std::nullopt;
  return Problem{
      ProblemKind::refused_peer,
      Error(Errc::not_authorised, fmt::format("link {}: {}", state.file, cause), remedy(*verdict))};
}

bool is_liar(const lt::peer_ban_alert& alert, const SharedState& state) {
  const Endpoint peer = to_endpoint(alert.endpoint);
  return state.progress.with([&](const Progress& p) {
    return std::any_of(p.liars.begin(), p.liars.end(),
                       [&](const Sender& liar) { return liar.endpoint == peer; });
  });
}

std::optional<Problem> of_ban(const lt::peer_ban_alert& alert, const SharedState& state) {
  if (!is_liar(alert, state)) return std::nullopt;
  return Problem{
      ProblemKind::corrupt_peer,
      Error(Errc::integrity, fmt::format("fetch {}: peer {} sent corrupt data and is banned",
                                         state.file, to_endpoint(alert.endpoint).str()))};
}

}  // namespace

std::optional<Problem> problem_of(const lt::alert& alert, SharedState& state) {
  if (const auto* file = lt::alert_cast<lt::file_error_alert>(&alert)) return of_file(*file, state);
  if (const auto* tracker = lt::alert_cast<lt::tracker_error_alert>(&alert)) {
    return of_tracker(*tracker, state);
  }
  if (const auto* ban = lt::alert_cast<lt::peer_ban_alert>(&alert)) return of_ban(*ban, state);
  if (const auto* failed = lt::alert_cast<lt::peer_error_alert>(&alert)) {
    return of_link(failed->endpoint, failed->error, state);
  }
  if (const auto* ended = lt::alert_cast<lt::peer_disconnected_alert>(&alert)) {
    return of_link(ended->endpoint, ended->error, state);
  }
  if (const auto* error = lt::alert_cast<lt::torrent_error_alert>(&alert)) {
    return stop(state, ProblemKind::file, Errc::failed, error->error.message(), "");
  }
  if (lt::alert_cast<lt::tracker_reply_alert>(&alert) != nullptr) {
    state.progress.with([](Progress& p) {
      p.tracker_words.clear();
      p.tracker_answered = true;
    });
  }
  return std::nullopt;
}

bool bans_without_proof(const lt::alert& alert, const SharedState& state) {
  const auto* ban = lt::alert_cast<lt::peer_ban_alert>(&alert);
  return ban != nullptr && !is_liar(*ban, state);
}

}  // namespace roost::swarm
