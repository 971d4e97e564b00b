#include "seeder/tracker_client.hpp"

#include <fmt/format.h>

#include <utility>

namespace roost::seeder {
namespace {

// What the tracker says of itself reads "verb object: cause" already; a proxy's page does not.
Error error_of(const proto::ApiError& error, std::string_view verb) {
  if (error.message.find(": ") == std::string::npos) return proto::to_error(error, verb);
  return Error(error.code, error.message, error.help);
}

[[noreturn]] void refuse(const net::HttpResponse& response, std::string_view verb) {
  throw error_of(proto::parse_api_error(response.status, response.body), verb);
}

Bytes to_bytes(const std::string& text) {
  return {text.begin(), text.end()};
}

// The answer to a change that may lose a race.
template <class Result, class Parse>
std::variant<Result, Raced> changed(const net::HttpResponse& response, std::string_view verb,
                                    Parse&& parse) {
  if (response.ok()) return parse(response.body);
  const auto error = proto::parse_api_error(response.status, response.body);
  if (error.raced) return Raced{error.message};
  throw error_of(error, verb);
}

}  // namespace

TrackerClient::TrackerClient(net::Url base, std::stop_token stop,
                             std::chrono::milliseconds call_timeout)
    : http_(std::move(base)), stop_(std::move(stop)), call_timeout_(call_timeout) {}

std::string TrackerClient::announce_url() const {
  return url().with_target("/announce").str();
}

net::HttpResponse TrackerClient::get(const std::string& target) {
  return http_.get(target, Deadline::in(deadline_.remaining(call_timeout_)), stop_);
}

net::HttpResponse TrackerClient::post(const std::string& target, std::string body) {
  return http_.post(target, std::move(body), Deadline::in(deadline_.remaining(call_timeout_)),
                    stop_);
}

std::string TrackerClient::get_or_throw(const std::string& target, std::string_view verb) {
  auto response = get(target);
  if (!response.ok()) refuse(response, verb);
  return std::move(response.body);
}

proto::NameState TrackerClient::name_state(const release::Name& name) {
  const auto response = get(proto::name_path(name));
  if (response.ok()) return proto::parse_name_state(response.body);
  const auto error = proto::parse_api_error(response.status, response.body);
  if (error.code != Errc::not_found) throw error_of(error, "read " + name.str());
  return proto::NameState{name, 0, {}};
}

std::optional<proto::ReleaseSummary> TrackerClient::release(const release::ReleaseRef& release) {
  const auto response = get(proto::release_path(release));
  if (response.ok()) return proto::parse_release_summary(response.body);
  const auto error = proto::parse_api_error(response.status, response.body);
  if (error.code != Errc::not_found) throw error_of(error, "look up " + release.str());
  return std::nullopt;
}

std::optional<proto::ReleaseSummary> TrackerClient::release(const release::ReleaseId& id) {
  const auto response = get(proto::release_path(id));
  if (response.ok()) return proto::parse_release_summary(response.body);
  const auto error = proto::parse_api_error(response.status, response.body);
  if (error.code != Errc::not_found) throw error_of(error, "look up " + id.short_hex());
  return std::nullopt;
}

std::vector<proto::ReleaseSummary> TrackerClient::releases(
    const std::optional<release::Name>& name) {
  auto target = std::string(proto::kReleasesPath);
  if (name) target += "?name=" + net::percent_encode(name->str());
  return proto::parse_release_list(get_or_throw(target, "list releases"));
}

crypto::Envelope TrackerClient::descriptor(const release::ReleaseId& id) {
  return crypto::parse_envelope(
      get_or_throw(proto::release_path(id) + "/descriptor", "read descriptor " + id.short_hex()));
}

Bytes TrackerClient::index_torrent(const release::ReleaseId& id) {
  return to_bytes(get_or_throw(proto::release_path(id) + "/index.torrent",
                               "read index torrent " + id.short_hex()));
}

Bytes TrackerClient::image_torrent(const release::ReleaseId& id) {
  return to_bytes(get_or_throw(proto::release_path(id) + "/image.torrent",
                               "read image torrent " + id.short_hex()));
}

Bytes TrackerClient::patches_torrent(const release::ReleaseId& id) {
  return to_bytes(get_or_throw(proto::release_path(id) + "/patches.torrent",
                               "read patches torrent " + id.short_hex()));
}

proto::ReleaseOffer TrackerClient::offer(const release::ReleaseRef& release,
                                         const proto::Caller& caller) {
  return proto::parse_release_offer(
      get_or_throw(proto::offer_path(release, caller), "ask for " + release.str()));
}

std::optional<proto::ChannelInfo> TrackerClient::channel(const release::ChannelRef& channel) {
  const auto response = get(proto::channel_path(channel));
  if (response.ok()) return proto::parse_channel_info(response.body);
  const auto error = proto::parse_api_error(response.status, response.body);
  if (error.code != Errc::not_found) throw error_of(error, "look up " + channel.str());
  return std::nullopt;
}

std::vector<proto::NodeView> TrackerClient::nodes() {
  return proto::parse_node_list(get_or_throw(std::string(proto::kNodesPath), "list nodes"));
}

std::variant<proto::RegistrationResult, Raced> TrackerClient::register_release(
    const proto::Registration& registration) {
  const auto response = post(std::string(proto::kReleasesPath), proto::to_json(registration));
  return changed<proto::RegistrationResult>(response, "register release",
                                            proto::parse_registration_result);
}

std::variant<proto::ChannelInfo, Raced> TrackerClient::move_channel(
    const release::ChannelRef& channel, const crypto::Envelope& statement) {
  const auto response = post(proto::channel_path(channel), crypto::serialise(statement));
  return changed<proto::ChannelInfo>(response, "move channel " + channel.str(),
                                     proto::parse_channel_info);
}

void TrackerClient::unpublish(const crypto::Envelope& statement) {
  const auto response = post(std::string(proto::kUnpublishPath), crypto::serialise(statement));
  if (!response.ok()) refuse(response, "unpublish release");
}

}  // namespace roost::seeder
