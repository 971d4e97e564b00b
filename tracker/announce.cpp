#include "tracker/announce.hpp"

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>

#include "core/base/error.hpp"

namespace roost::tracker {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw Error(Errc::usage, why);
}

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Decodes percent-encoding into out; how many bytes it is, or nothing if text is
// malformed or longer than out.
std::optional<std::size_t> decode(std::string_view text, std::span<std::uint8_t> out) noexcept {
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (size == out.size()) return std::nullopt;
    if (text[i] != '%') {
      out[size++] = static_cast<std::uint8_t>(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out[size++] = static_cast<std::uint8_t>(high << 4 | low);
    i += 2;
  }
  return size;
}

std::array<std::uint8_t, 20> twenty_bytes(std::string_view name, std::string_view value) {
  std::array<std::uint8_t, 20> bytes{};
  if (decode(value, bytes) != bytes.size()) refuse(std::string(name) + " is not 20 bytes");
  return bytes;
}

template <class Number>
Number number(std::string_view name, std::string_view value) {
  Number result{};
  const auto* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, result);
  if (error != std::errc{} || stop != end) refuse(std::string(name) + " is not a number in range");
  return result;
}

// Calls each(name, value) for every parameter, both still encoded.
template <class Each>
void for_each_parameter(std::string_view query, Each&& each) {
  if (query.size() > kMaxQuery) refuse("the query is too long");
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto part = query.substr(0, end);
    const auto equals = std::min(part.find('='), part.size());
    each(part.substr(0, equals), part.substr(std::min(equals + 1, part.size())));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
}

AnnounceEvent parse_event(std::string_view value) {
  if (value == "started") return AnnounceEvent::started;
  if (value == "completed") return AnnounceEvent::completed;
  if (value == "stopped") return AnnounceEvent::stopped;
  return AnnounceEvent::none;  // empty, "paused" (BEP 21) or of a later BEP: a plain announce
}

// Some clients send numwant=-1 for "as you like".
std::uint32_t parse_want(std::string_view value) {
  const auto want = number<std::int64_t>("numwant", value);
  if (want < 0) return kDefaultWant;
  return static_cast<std::uint32_t>(std::min<std::int64_t>(want, kMaxWant));
}

std::optional<std::string> parse_ip(std::string_view value) {
  std::array<std::uint8_t, 64> text{};
  const auto size = decode(value, text);
  if (!size) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(text.data()), *size);
}

struct Seen {
  bool info_hash = false;
  bool peer_id = false;
  bool port = false;
  bool left = false;
};

void take(std::string_view name, std::string_view value, AnnounceRequest& request, Seen& seen) {
  if (name == "info_hash") {
    if (std::exchange(seen.info_hash, true)) refuse("more than one info_hash");
    request.info_hash.bytes = twenty_bytes(name, value);
  } else if (name == "peer_id") {
    seen.peer_id = true;
    request.peer_id = twenty_bytes(name, value);
  } else if (name == "port") {
    seen.port = true;
    request.port = number<std::uint16_t>(name, value);
  } else if (name == "uploaded") {
    request.uploaded = number<std::uint64_t>(name, value);
  } else if (name == "downloaded") {
    request.downloaded = number<std::uint64_t>(name, value);
  } else if (name == "left") {
    seen.left = true;
    request.left = number<std::uint64_t>(name, value);
  } else if (name == "event") {
    request.event = parse_event(value);
  } else if (name == "numwant") {
    request.want = parse_want(value);
  } else if (name == "compact") {
    request.compact = value == "1";
  } else if (name == "no_peer_id") {
    request.no_peer_id = value == "1";
  } else if (name == "ip") {
    request.ip = parse_ip(value);
  }
}

}  // namespace

AnnounceRequest parse_announce(std::string_view query) {
  AnnounceRequest request;
  Seen seen;
  for_each_parameter(query, [&](std::string_view name, std::string_view value) {
    take(name, value, request, seen);
  });
  if (!seen.info_hash) refuse("info_hash is missing");
  if (!seen.peer_id) refuse("peer_id is missing");
  if (!seen.port) refuse("port is missing");
  if (request.port == 0 && request.event != AnnounceEvent::stopped) refuse("port is 0");
  if (!seen.left) request.left = 1;  // who does not say has not got it all
  return request;
}

std::vector<InfoHash> parse_scrape(std::string_view query) {
  std::vector<InfoHash> hashes;
  for_each_parameter(query, [&](std::string_view name, std::string_view value) {
    if (name != "info_hash") return;
    if (hashes.size() == kMaxScrape) refuse("more than 64 info_hash in one scrape");
    hashes.push_back({twenty_bytes(name, value)});
  });
  if (hashes.empty()) refuse("info_hash is missing: this tracker does not list its swarms");
  return hashes;
}

}  // namespace roost::tracker
