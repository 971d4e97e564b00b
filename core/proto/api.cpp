#include "core/proto/api.hpp"

#include "core/base/bytes.hpp"

namespace roost::proto {
namespace {

// RFC 3986: all but the unreserved characters.
std::string encoded(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  static constexpr std::string_view kPlain = "-._~";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       kPlain.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

std::string query_of(const Caller& caller) {
  std::string query = "node=" + encoded(caller.node) + "&addr=" + encoded(caller.addr.str());
  if (!caller.zone.empty()) query += "&zone=" + encoded(caller.zone);
  return query;
}

std::string path_of(const release::ReleaseRef& release) {
  return encoded(release.name.str()) + "@" + encoded(release.version.str());
}

std::string path_of(const release::ChannelRef& channel) {
  return encoded(channel.name.str()) + "/" + encoded(channel.channel.str());
}

}  // namespace

std::string name_path(const release::Name& name) {
  return "/v1/names/" + encoded(name.str());
}

std::string release_path(const release::ReleaseRef& release) {
  return std::string(kReleasesPath) + "/" + path_of(release);
}

std::string release_path(const release::ReleaseId& id) {
  return std::string(kReleasesPath) + "/" + id.hex();
}

std::string channel_path(const release::ChannelRef& channel) {
  return "/v1/channels/" + path_of(channel);
}

std::string offer_path(const release::ReleaseRef& release, const Caller& caller) {
  return "/v1/offers/" + path_of(release) + "?" + query_of(caller);
}

std::string offer_path(const release::ChannelRef& channel, const Caller& caller) {
  return "/v1/offers/" + path_of(channel) + "?" + query_of(caller);
}

std::string report_path(std::string_view node) {
  return std::string(kNodesPath) + "/" + encoded(node) + "/report";
}

std::string events_path(const std::vector<release::ChannelRef>& follows, const Caller& caller) {
  std::string target = std::string(kEventsPath) + "?" + query_of(caller);
  for (const auto& channel : follows) target += "&follow=" + encoded(channel.str());
  return target;
}

}  // namespace roost::proto
