#include "core/release/names.hpp"

#include <algorithm>
#include <array>

#include "core/base/error.hpp"

namespace roost::release {
namespace {

// Each is a name in a node's layout, where it must not be taken for a release or channel.
constexpr std::array<std::string_view, 6> kReserved{"current", "shared",  "incoming",
                                                    "trash",   "configs", "tx"};

bool is_lower(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool is_alnum(char c) noexcept {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}

bool follows_rule(std::string_view text, bool (*first)(char), std::string_view also) {
  if (text.empty() || text.size() > 48 || !first(text.front())) return false;
  if (text.back() == '.' || text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return first(c) || also.find(c) != std::string_view::npos; });
}

std::string quoted(std::string_view text) {
  return "'" + std::string(text.substr(0, 100)) + (text.size() > 100 ? "...'" : "'");
}

void check(std::string_view what, std::string_view text, bool good, const std::string& help) {
  const std::string action = "parse " + std::string(what) + " " + quoted(text);
  if (!good) throw Error(Errc::usage, action + ": not well-formed", help);
  if (std::find(kReserved.begin(), kReserved.end(), text) != kReserved.end()) {
    throw Error(Errc::usage, action + ": a reserved word",
                "reserved are current, shared, incoming, trash, configs and tx");
  }
}

const std::string kLowerHelp =
    "1 to 48 of a-z 0-9 . _ -, beginning with a letter or digit, without '..', not ending in '.'";
const std::string kVersionHelp =
    "1 to 48 of A-Z a-z 0-9 . _ + -, beginning with a letter or digit, without '..', not ending "
    "in '.'";

std::pair<std::string_view, std::string_view> split(std::string_view text, char separator,
                                                    std::string_view what,
                                                    const std::string& help) {
  const auto at = text.find(separator);
  if (at == std::string_view::npos) {
    throw Error(
        Errc::usage,
        "parse " + std::string(what) + " " + quoted(text) + ": no '" + separator + "' in it", help);
  }
  return {text.substr(0, at), text.substr(at + 1)};
}

}  // namespace

Name Name::parse(std::string_view text) {
  check("name", text, follows_rule(text, is_lower, "._-"), kLowerHelp);
  return Name(text);
}

Version Version::parse(std::string_view text) {
  check("version", text, follows_rule(text, is_alnum, "._+-"), kVersionHelp);
  return Version(text);
}

Channel Channel::parse(std::string_view text) {
  check("channel", text, follows_rule(text, is_lower, "._-"), kLowerHelp);
  return Channel(text);
}

ReleaseRef ReleaseRef::parse(std::string_view text) {
  const auto [name, version] = split(text, '@', "release", "a release is NAME@VERSION, as web@1.4");
  return {Name::parse(name), Version::parse(version)};
}

std::string ReleaseRef::str() const {
  return name.str() + "@" + version.str();
}

ChannelRef ChannelRef::parse(std::string_view text) {
  const auto [name, channel] =
      split(text, '/', "channel", "a channel is NAME/CHANNEL, as web/prod");
  return {Name::parse(name), Channel::parse(channel)};
}

std::string ChannelRef::str() const {
  return name.str() + "/" + channel.str();
}

ReleaseId ReleaseId::parse(std::string_view hex) {
  return {Sha256::parse(hex)};
}

}  // namespace roost::release
