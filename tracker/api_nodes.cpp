// What nodes say and are told: events, reports; and how the tracker itself is.
#include <algorithm>
#include <charconv>
#include <chrono>

#include "core/proto/api.hpp"
#include "tracker/api.hpp"
#include "tracker/status_page.hpp"

namespace roost::tracker {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kLongestPoll{60};
constexpr seconds kDefaultPoll{30};

std::vector<release::ChannelRef> follows_of(const net::Request& request) {
  std::vector<release::ChannelRef> follows;
  for (const auto& [key, value] : request.query) {
    if (key != "follow") continue;
    auto channel = release::ChannelRef::parse(value);
    if (std::find(follows.begin(), follows.end(), channel) != follows.end()) continue;
    if (follows.size() == proto::kMaxFollows) {
      throw Error(Errc::usage, "follow channels: more than 64 in one request");
    }
    follows.push_back(std::move(channel));
  }
  if (follows.empty()) {
    throw Error(Errc::usage, "follow channels: none is named", "add ?follow=NAME/CHANNEL");
  }
  return follows;
}

seconds poll_time(const net::Request& request) {
  const auto text = request.query_value("timeout");
  if (!text) return kDefaultPoll;
  std::uint32_t value = 0;
  const auto [stop, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || stop != text->data() + text->size()) {
    throw Error(Errc::usage, "read query: timeout is not a number of seconds");
  }
  return std::min(seconds(value), kLongestPoll);
}

}  // namespace

net::Reply Api::get_events(const net::Request& request) {
  auto hello = hello_of(request);
  hello.follows = follows_of(request);
  const auto now = steady_clock::now();
  const Reader reader{hello.follows, hello.id, hello.address};
  const auto since = request.query_value("since");
  const bool poll = since || request.query_value("timeout");
  const auto wait = poll_time(request);
  if (request.method == "HEAD") return net::Response{200, "text/event-stream", "", {}};
  if (!hello.id.empty()) state_.nodes.heard(hello, now);
  if (poll) {
    return net::DeferredReply{[this, reader, from = std::string(since.value_or("")), wait,
                               now](const net::Responder& responder) {
                                hub_.add_poll(responder, reader, from, now + wait, now);
                              },
                              hub_.nothing()};
  }
  return net::StreamReply{[this, reader, last = std::string(request.headers.get("Last-Event-ID")),
                           now](const std::shared_ptr<net::EventStream>& stream) {
                            hub_.add_stream(stream, reader, last, now);
                          },
                          {}};
}

net::Response Api::post_report(const net::Request& request, const std::string& node) {
  const auto report = proto::parse_node_report(request.body);
  if (report.node != node) {
    throw Error(Errc::usage, "report of node " + node.substr(0, 64) + ": it is about another node");
  }
  auto follows = report.follows;
  std::sort(follows.begin(), follows.end());
  follows.erase(std::unique(follows.begin(), follows.end()), follows.end());
  state_.nodes.heard({node, address_of(report.addr, request.remote), report.zone, follows},
                     steady_clock::now());
  state_.nodes.report(node, report.transfers);
  state_.introducer.reported(*state_.nodes.find(node));
  return {200, "application/json", "{}", {}};
}

std::vector<proto::NodeView> Api::node_views() const {
  const auto now = steady_clock::now();
  std::vector<proto::NodeView> views;
  for (const Node* node : state_.nodes.all()) {
    const std::chrono::duration<double> silence = now - node->heard;
    views.push_back(
        {{node->id, node->address.endpoint(), node->zone, node->follows, node->transfers},
         state_.nodes.live(*node, now),
         node->streams > 0 ? 0 : silence.count()});
  }
  return views;
}

net::Response Api::list_nodes() {
  return {200, "application/json", proto::to_json(node_views()), {}};
}

net::Response Api::status(const net::Request&) {
  std::vector<proto::ReleaseSummary> summaries;
  for (const auto* entry : state_.catalogue.newest_first()) summaries.push_back(summary(*entry));
  return {200,
          "text/html; charset=utf-8",
          status_page(summaries, node_views()),
          {{"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"},
           {"Cache-Control", "no-store"}}};
}

net::Response Api::metrics_text() {
  const auto now = steady_clock::now();
  const auto server = server_stats_();
  Gauges gauges;
  gauges.releases = state_.catalogue.size();
  gauges.swarms = state_.swarms.swarms();
  gauges.peers = state_.swarms.peers();
  for (const Node* node : state_.nodes.all()) {
    ++(state_.nodes.live(*node, now) ? gauges.nodes_live : gauges.nodes_lost);
  }
  gauges.event_streams = hub_.streams();
  gauges.long_polls = hub_.polls();
  gauges.events_sent = hub_.sent();
  gauges.http_requests = server.requests;
  gauges.http_connections = server.connections;
  gauges.dropped_streams = server.dropped_streams;
  return {200, "text/plain; version=0.0.4; charset=utf-8", metrics_.text(gauges), {}};
}

}  // namespace roost::tracker
