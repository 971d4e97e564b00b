#include "tracker/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace roost::tracker {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;

Counter& counter(prometheus::Registry& registry, const char* name, const char* help,
                 const prometheus::Labels& labels = {}) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels);
}

Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help,
             const prometheus::Labels& labels = {}) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels);
}

Histogram& histogram(prometheus::Registry& registry, const char* name, const char* help,
                     const Histogram::BucketBoundaries& bounds) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, bounds);
}

// A counter that another part keeps can only be brought forward.
void follow(Counter& counter, std::uint64_t value) {
  counter.Increment(static_cast<double>(value) - counter.Value());
}

constexpr const char* kAnnounces = "roost_tracker_announces_total";
constexpr const char* kAnnouncesHelp = "Announces answered, by result";
constexpr const char* kRegistrations = "roost_tracker_registrations_total";
constexpr const char* kRegistrationsHelp = "Releases sent for registration, by result";
constexpr const char* kNodes = "roost_tracker_nodes";
constexpr const char* kNodesHelp = "Nodes the tracker knows, by state";

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry;
  Counter& accepted = counter(registry, kAnnounces, kAnnouncesHelp, {{"result", "ok"}});
  Counter& refused = counter(registry, kAnnounces, kAnnouncesHelp, {{"result", "refused"}});
  Counter& scrapes = counter(registry, "roost_tracker_scrapes_total", "Scrapes answered");
  Counter& created = counter(registry, kRegistrations, kRegistrationsHelp, {{"result", "created"}});
  Counter& kept = counter(registry, kRegistrations, kRegistrationsHelp, {{"result", "kept"}});
  Counter& turned_away =
      counter(registry, kRegistrations, kRegistrationsHelp, {{"result", "refused"}});
  Counter& moves = counter(registry, "roost_tracker_channel_moves_total", "Channels moved");
  Counter& withdrawals = counter(registry, "roost_tracker_unpublished_total", "Releases withdrawn");
  Counter& sent =
      counter(registry, "roost_tracker_events_sent_total", "Events sent to streams and long polls");
  Counter& requests = counter(registry, "roost_tracker_http_requests_total", "Requests answered");
  Counter& dropped = counter(registry, "roost_tracker_event_streams_dropped_total",
                             "Event streams closed because their reader was too slow");
  Histogram& announce_time =
      histogram(registry, "roost_tracker_announce_duration_seconds",
                "Time to parse, handle and answer an announce, without the socket",
                {1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 1e-3, 1e-2});
  Histogram& broadcast_time =
      histogram(registry, "roost_tracker_broadcast_duration_seconds",
                "Time to queue a channel's move for everybody who follows it",
                {1e-4, 1e-3, 5e-3, 1e-2, 5e-2, 0.1, 0.5, 1, 5});
  Gauge& releases = gauge(registry, "roost_tracker_releases", "Releases registered");
  Gauge& swarms = gauge(registry, "roost_tracker_swarms", "Info-hashes served");
  Gauge& peers = gauge(registry, "roost_tracker_peers", "Peers in all swarms");
  Gauge& live = gauge(registry, kNodes, kNodesHelp, {{"state", "live"}});
  Gauge& lost = gauge(registry, kNodes, kNodesHelp, {{"state", "lost"}});
  Gauge& streams = gauge(registry, "roost_tracker_event_streams", "Open event streams");
  Gauge& polls = gauge(registry, "roost_tracker_long_polls", "Long polls that wait");
  Gauge& connections = gauge(registry, "roost_tracker_http_connections", "Open connections");
  Gauge& build = gauge(registry, "roost_build_info", "Always 1; the version is in the label",
                       {{"version", ROOST_VERSION}});
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {
  impl_->build.Set(1);
}

Metrics::~Metrics() = default;

void Metrics::announced(bool accepted, std::chrono::duration<double> took) {
  (accepted ? impl_->accepted : impl_->refused).Increment();
  impl_->announce_time.Observe(took.count());
}

void Metrics::scraped() {
  impl_->scrapes.Increment();
}

void Metrics::registered(bool created) {
  (created ? impl_->created : impl_->kept).Increment();
}

void Metrics::refused_registration() {
  impl_->turned_away.Increment();
}

void Metrics::channel_moved(std::chrono::duration<double> told_all) {
  impl_->moves.Increment();
  impl_->broadcast_time.Observe(told_all.count());
}

void Metrics::unpublished() {
  impl_->withdrawals.Increment();
}

std::string Metrics::text(const Gauges& gauges) {
  const auto set = [](Gauge& gauge, std::uint64_t value) { gauge.Set(static_cast<double>(value)); };
  set(impl_->releases, gauges.releases);
  set(impl_->swarms, gauges.swarms);
  set(impl_->peers, gauges.peers);
  set(impl_->live, gauges.nodes_live);
  set(impl_->lost, gauges.nodes_lost);
  set(impl_->streams, gauges.event_streams);
  set(impl_->polls, gauges.long_polls);
  set(impl_->connections, gauges.http_connections);
  follow(impl_->sent, gauges.events_sent);
  follow(impl_->requests, gauges.http_requests);
  follow(impl_->dropped, gauges.dropped_streams);
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace roost::tracker
