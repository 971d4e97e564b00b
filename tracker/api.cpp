// Routing, and what all handlers share.
#include "tracker/api.hpp"

#include <algorithm>

#include "core/proto/api_error.hpp"
#include "tracker/registry.hpp"

namespace roost::tracker {
namespace {

bool reads(const net::Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

net::Response wrong_method(std::string_view allowed) {
  const Error error(Errc::usage, "answer request: this address takes " + std::string(allowed));
  auto response = Api::error_answer(error, 405);
  response.headers.add("Allow", std::string(allowed));
  return response;
}

[[noreturn]] void no_such_address(const net::Request& request) {
  throw Error(Errc::not_found, "answer request: nothing is at " + request.path.substr(0, 200));
}

}  // namespace

net::Response Api::error_answer(const Error& error, int status) {
  const bool raced = dynamic_cast<const Raced*>(&error) != nullptr;
  return {status, "application/json", proto::to_json(error, raced), {}};
}

net::Reply Api::handle(const net::Request& request) {
  return route(request);
}

net::Reply Api::route(const net::Request& request) {
  const Path path(request.segments);
  if (!path.empty() && path[0] == "v1") return route_v1(request, path.subspan(1));
  if (path.size() > 1) no_such_address(request);
  if (!reads(request)) return wrong_method("GET, HEAD");
  if (path.empty()) return status(request);
  if (path[0] == "announce") return announce(request);
  if (path[0] == "scrape") return scrape(request);
  if (path[0] == "healthz") return net::Response{200, "text/plain", "ok\n", {}};
  if (path[0] == "readyz") {
    state_.registry.ping();
    return net::Response{200, "text/plain", "ok\n", {}};
  }
  if (path[0] == "metrics") return metrics_text();
  no_such_address(request);
}

net::Reply Api::route_v1(const net::Request& request, Path path) {
  if (path.empty()) no_such_address(request);
  const bool read = reads(request);
  const bool post = request.method == "POST";
  const auto& what = path[0];
  const auto rest = path.subspan(1);
  if (what == "releases" && rest.empty()) {
    if (post) return post_release(request);
    return read ? list_releases(request) : wrong_method("GET, HEAD, POST");
  }
  if (what == "channels" && rest.size() == 2) {
    if (post) return post_channel(request, rest);
    return read ? get_channel(rest) : wrong_method("GET, HEAD, POST");
  }
  if (what == "unpublish" && rest.empty()) {
    return post ? post_unpublish(request) : wrong_method("POST");
  }
  if (what == "nodes" && rest.size() == 2 && rest[1] == "report") {
    return post ? post_report(request, rest[0]) : wrong_method("POST");
  }
  const bool known = (what == "releases" && rest.size() <= 2) ||
                     (what == "names" && rest.size() == 1) ||
                     (what == "offers" && (rest.size() == 1 || rest.size() == 2)) ||
                     (what == "nodes" && rest.empty()) || (what == "events" && rest.empty());
  if (!known) no_such_address(request);
  if (!read) return wrong_method("GET, HEAD");
  if (what == "releases") return get_release(rest);
  if (what == "names") return get_name(rest[0]);
  if (what == "offers") return get_offer(request, rest);
  if (what == "nodes") return list_nodes();
  return get_events(request);
}

PeerAddress address_of(const Endpoint& addr, const Endpoint& remote) {
  const auto& address = addr.is_any() ? remote.address : addr.address;
  return PeerAddress::parse(address, addr.port).value_or(PeerAddress{});
}

NodeHello hello_of(const net::Request& request) {
  NodeHello hello;
  hello.id = request.query_value("node").value_or("");
  hello.zone = request.query_value("zone").value_or("");
  if (!hello.id.empty() && !proto::is_node_id(hello.id)) {
    throw Error(Errc::usage, "read query: node is no node id", "a node id is [A-Za-z0-9._-]{1,64}");
  }
  if (!hello.zone.empty() && !proto::is_zone(hello.zone)) {
    throw Error(Errc::usage, "read query: zone is no zone", "a zone is [A-Za-z0-9._-]{1,64}");
  }
  const auto addr = request.query_value("addr").value_or("");
  if (!addr.empty()) hello.address = address_of(Endpoint::parse(addr), request.remote);
  return hello;
}

}  // namespace roost::tracker
