// The tracker's HTTP interface (docs/protocol.md): requests in, answers out.
//
// Knows the protocol and who to ask; what it asks is the state, the registry and
// the hub. Everything runs on the server's I/O thread. Errors leave as
// Error{...}, which the server turns into error_answer(); a failed announce is a
// normal answer with a "failure reason".
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/crypto/keys.hpp"
#include "core/net/http_server.hpp"
#include "core/proto/report.hpp"
#include "core/proto/summary.hpp"
#include "tracker/event_hub.hpp"
#include "tracker/metrics.hpp"
#include "tracker/state.hpp"

namespace roost::tracker {

class Api {
 public:
  Api(State& state, EventHub& hub, Metrics& metrics, std::vector<crypto::PublicKey> trust,
      std::function<net::HttpServerStats()> server_stats)
      : state_(state),
        hub_(hub),
        metrics_(metrics),
        trust_(std::move(trust)),
        server_stats_(std::move(server_stats)) {}

  net::Reply handle(const net::Request& request);

  static net::Response error_answer(const Error& error, int status);

 private:
  using Path = std::span<const std::string>;

  net::Reply route(const net::Request& request);
  net::Reply route_v1(const net::Request& request, Path path);

  // api_announce.cpp
  net::Response announce(const net::Request& request);
  net::Response scrape(const net::Request& request);
  void tell_introducer(const AnnounceRequest& asks, const PeerAddress& from, Monotonic now,
                       AnnounceResult& result);

  // api_releases.cpp
  net::Response list_releases(const net::Request& request);
  net::Response get_release(Path path);
  net::Response get_name(const std::string& name);
  net::Response get_channel(Path path);
  net::Response get_offer(const net::Request& request, Path path);
  proto::ReleaseSummary summary(const CatalogueEntry& entry);
  const CatalogueEntry& entry_named(const std::string& text) const;

  // api_publish.cpp
  net::Response post_release(const net::Request& request);
  net::Response post_channel(const net::Request& request, Path path);
  net::Response post_unpublish(const net::Request& request);
  void tell_moved(const proto::ChannelInfo& info);
  std::uint32_t live_followers(const std::vector<release::ChannelRef>& channels) const;

  // api_nodes.cpp
  net::Reply get_events(const net::Request& request);
  net::Response post_report(const net::Request& request, const std::string& node);
  net::Response list_nodes();
  net::Response status(const net::Request& request);
  net::Response metrics_text();
  std::vector<proto::NodeView> node_views() const;

  State& state_;
  EventHub& hub_;
  Metrics& metrics_;
  std::vector<crypto::PublicKey> trust_;
  std::function<net::HttpServerStats()> server_stats_;
};

// Who asks, from the query of events and offers; throws Error{usage}.
NodeHello hello_of(const net::Request& request);

// addr as a node gives it: an unspecified IP means the connection's.
PeerAddress address_of(const Endpoint& addr, const Endpoint& remote);

}  // namespace roost::tracker
