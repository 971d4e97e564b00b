#include "seeder/seeder_daemon.hpp"

#include <string>
#include <utility>

#include "core/base/log.hpp"
#include "core/net/http_server.hpp"
#include "core/proto/api_error.hpp"
#include "core/proto/seed.hpp"
#include "seeder/seed_shelf.hpp"
#include "seeder/seed_store.hpp"

namespace roost::seeder {
namespace {

using net::Request;
using net::Response;

Response json(int status, std::string body) {
  return {status, "application/json", std::move(body), {}};
}

Response json_error(const Error& error, int status) {
  return json(status, proto::to_json(error));
}

Error no_seed(const std::string& id) {
  return Error(Errc::not_found, "look up seed " + id + ": there is none here");
}

Response method_refused(const std::string& allow) {
  auto response = json(405, proto::to_json(proto::ApiError{Errc::usage, "method not allowed", {}}));
  response.headers.add("Allow", allow);
  return response;
}

}  // namespace

struct SeederDaemon::Impl {
  explicit Impl(SeederConfig given);

  Response answer(const Request& request);
  Response answer_all(const Request& request);
  Response answer_one(const Request& request);

  SeederConfig config;
  std::stop_source stop;
  SeedStore store;
  swarm::Session session;
  TrackerClient tracker;
  SeedShelf shelf;
  net::HttpServer server;  // last: its handler uses the rest
};

SeederDaemon::Impl::Impl(SeederConfig given)
    : config(std::move(given)),
      store(config.data),
      session(config.swarm),
      tracker(config.tracker, stop.get_token(), std::chrono::seconds(10)),
      shelf(store, session, tracker, {config.check_every, config.patches, config.swarm.zone},
            stop.get_token()),
      server(
          [this] {
            net::HttpServerConfig http;
            http.listen = config.api;
            http.max_body = 64 * 1024;
            http.max_connections = 1000;
            http.format_error = json_error;
            return http;
          }(),
          [this](const Request& request) -> net::Reply { return answer(request); }) {}

Response SeederDaemon::Impl::answer(const Request& request) {
  const auto& path = request.segments;
  if (path.size() == 1 && (path[0] == "healthz" || path[0] == "readyz")) return json(200, "{}");
  if (path.size() == 2 && path[0] == "v1" && path[1] == "seeds") return answer_all(request);
  if (path.size() == 3 && path[0] == "v1" && path[1] == "seeds") return answer_one(request);
  throw Error(Errc::not_found, "find " + request.path + ": no such resource");
}

Response SeederDaemon::Impl::answer_all(const Request& request) {
  if (request.method == "GET") return json(200, proto::to_json(shelf.statuses()));
  if (request.method != "POST") return method_refused("GET, POST");
  auto wish = proto::parse_seed_request(request.body);
  if (wish.from.is_any()) wish.from.address = request.remote.address;
  if (wish.from.port == 0) throw Error(Errc::usage, "take over a seed: its peer has no port");
  const auto status = shelf.ask(wish);
  return json(status.state == proto::SeedState::serving ? 200 : 202, proto::to_json(status));
}

Response SeederDaemon::Impl::answer_one(const Request& request) {
  const auto& text = request.segments[2];
  Sha256 digest;
  if (!from_hex(text, digest.bytes)) throw no_seed(text);
  const release::ReleaseId id{digest};
  if (request.method == "GET") {
    const auto status = shelf.status(id);
    if (!status) throw no_seed(id.short_hex());
    return json(200, proto::to_json(*status));
  }
  if (request.method != "DELETE") return method_refused("GET, DELETE");
  if (!shelf.drop(id)) throw no_seed(id.short_hex());
  return json(202, "{}");
}

SeederDaemon::SeederDaemon(SeederConfig config)
    : impl_(std::make_unique<Impl>(std::move(config))) {}

SeederDaemon::~SeederDaemon() = default;

Endpoint SeederDaemon::api_endpoint() const {
  return impl_->server.local_endpoint();
}

Endpoint SeederDaemon::swarm_endpoint() const {
  return impl_->session.local_endpoint();
}

void SeederDaemon::run(const std::stop_token& stop) {
  const std::stop_callback pass_on(stop, [this] { impl_->stop.request_stop(); });
  impl_->shelf.load();
  impl_->server.start();
  while (!impl_->stop.stop_requested()) impl_->shelf.turn();
  impl_->server.drain(Deadline::in(impl_->config.drain));
}

}  // namespace roost::seeder
