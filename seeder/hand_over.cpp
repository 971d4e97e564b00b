#include "seeder/hand_over.hpp"

#include <string>
#include <utility>

#include "core/base/deadline.hpp"
#include "core/proto/api_error.hpp"

namespace roost::seeder {
namespace {

[[noreturn]] void refuse(const net::HttpResponse& response, std::string_view verb) {
  throw proto::to_error(proto::parse_api_error(response.status, response.body), verb);
}

}  // namespace

DaemonClient::DaemonClient(net::Url base, std::stop_token stop,
                           std::chrono::milliseconds call_timeout)
    : http_(std::move(base)), stop_(std::move(stop)), call_timeout_(call_timeout) {}

net::HttpResponse DaemonClient::send(const net::HttpRequest& request) {
  return http_.request(request, Deadline::in(call_timeout_), stop_);
}

// By its list's form: something else may answer on that port.
void DaemonClient::check() {
  try {
    list();
  } catch (const Error& error) {
    if (error.code() == Errc::interrupted || error.code() == Errc::unavailable) throw;
    throw Error(Errc::usage, "use seeder " + url().str() + ": " + error.what(),
                "--seeder takes the API address of `roost seeder`");
  }
}

proto::SeedStatus DaemonClient::take_over(const proto::SeedRequest& request) {
  net::HttpRequest post;
  post.method = "POST";
  post.target = proto::kSeedsPath;
  post.body = proto::to_json(request);
  post.idempotent = true;  // asking twice is asking once
  const auto response = send(std::move(post));
  if (!response.ok()) refuse(response, "hand over " + request.release_id.short_hex());
  return proto::parse_seed_status(response.body);
}

std::optional<proto::SeedStatus> DaemonClient::status(const release::ReleaseId& id) {
  net::HttpRequest get;
  get.target = proto::seed_path(id);
  const auto response = send(std::move(get));
  if (response.ok()) return proto::parse_seed_status(response.body);
  if (response.status != 404) refuse(response, "ask the seeder for " + id.short_hex());
  return std::nullopt;
}

std::vector<proto::SeedStatus> DaemonClient::list() {
  net::HttpRequest get;
  get.target = proto::kSeedsPath;
  const auto response = send(std::move(get));
  if (!response.ok()) refuse(response, "list seeds");
  return proto::parse_seed_list(response.body);
}

bool DaemonClient::drop(const release::ReleaseId& id) {
  net::HttpRequest remove;
  remove.method = "DELETE";
  remove.target = proto::seed_path(id);
  const auto response = send(std::move(remove));
  if (!response.ok() && response.status != 404) refuse(response, "drop " + id.short_hex());
  return response.ok();
}

std::optional<Endpoint> reachable(const proto::SeedStatus& status, const net::Url& daemon) {
  if (!status.addr.is_any()) return status.addr;
  const bool v6 = daemon.host().find(':') != std::string::npos;
  const auto port = ":" + std::to_string(status.addr.port);
  try {
    return Endpoint::parse(v6 ? "[" + daemon.host() + "]" + port : daemon.host() + port);
  } catch (const Error&) {
    return std::nullopt;  // a host name: announces will tell the tracker
  }
}

}  // namespace roost::seeder
