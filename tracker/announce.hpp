// What a BitTorrent client tells an HTTP tracker, read from the query string.
//
// BEP 3 (announce), 23 (compact), 7 (IPv6), 27 (private), 48 (scrape). Pure
// and bounded: any bytes may come in. A parser's result is complete: every
// field was present where the protocol asks for it, and within its range.
// Throws Error{usage} with the words that go into "failure reason".
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roost::tracker {

// A swarm's name on the wire: SHA-1 of a v1 info dict, or the first 20 bytes of
// the SHA-256 of a v2 one (BEP 52).
struct InfoHash {
  std::array<std::uint8_t, 20> bytes{};

  auto operator<=>(const InfoHash&) const = default;
};

using PeerId = std::array<std::uint8_t, 20>;

enum class AnnounceEvent { none, started, completed, stopped };

inline constexpr std::uint32_t kDefaultWant = 50;
inline constexpr std::uint32_t kMaxWant = 200;  // libtorrent asks for as many
inline constexpr std::size_t kMaxQuery = std::size_t{8} * 1024;
inline constexpr std::size_t kMaxScrape = 64;

struct AnnounceRequest {
  InfoHash info_hash;
  PeerId peer_id{};
  std::uint16_t port = 0;
  std::uint64_t uploaded = 0;
  std::uint64_t downloaded = 0;
  std::uint64_t left = 0;
  AnnounceEvent event = AnnounceEvent::none;
  std::uint32_t want = kDefaultWant;  // at most kMaxWant
  bool compact = false;
  bool no_peer_id = false;
  // "ip=" as sent, unchecked. Only a caller on the tracker's own machine is
  // believed (SwarmTable never looks at it): else anyone could aim a fleet at
  // an address of their choice.
  std::optional<std::string> ip;
};

// query is what follows the '?', still percent-encoded.
AnnounceRequest parse_announce(std::string_view query);

// The info-hashes of a scrape, at least one and at most kMaxScrape.
std::vector<InfoHash> parse_scrape(std::string_view query);

}  // namespace roost::tracker

template <>
struct std::hash<roost::tracker::InfoHash> {
  std::size_t operator()(const roost::tracker::InfoHash& info_hash) const noexcept {
    std::size_t value;  // a digest's bytes are already uniform
    std::memcpy(&value, info_hash.bytes.data(), sizeof value);
    return value;
  }
};
