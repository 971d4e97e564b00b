// What a publisher and a seeder daemon say to each other over HTTP
// (docs/protocol.md): POST /v1/seeds {release_id, from}, GET /v1/seeds[/ID],
// DELETE /v1/seeds/ID. Pure; any thread. parse_seed_request throws Error{usage},
// the other parsers Error{integrity}, naming the field.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/endpoint.hpp"
#include "core/release/names.hpp"

namespace roost::proto {

inline constexpr std::string_view kSeedsPath = "/v1/seeds";

struct SeedRequest {
  release::ReleaseId release_id;
  Endpoint from;  // who has all of it now; unspecified IP: the connection's
};

enum class SeedState { starting, fetching, serving, failed };
std::string_view to_text(SeedState state) noexcept;

struct SeedStatus {
  release::ReleaseId release_id;
  std::string release;  // NAME@VERSION; empty until the tracker was asked
  SeedState state = SeedState::starting;
  std::uint64_t bytes = 0;       // of index, image and patches
  std::uint64_t bytes_have = 0;  // of those, here and verified
  std::uint64_t uploaded = 0;
  std::uint32_t peers = 0;
  std::string reason;  // why it failed or stalls
  Endpoint addr;       // where the daemon accepts peers
  std::string zone;    // where the daemon is; empty: not told
};

std::string to_json(const SeedRequest& request);
SeedRequest parse_seed_request(std::string_view json);
std::string to_json(const SeedStatus& status);
SeedStatus parse_seed_status(std::string_view json);

// {"seeds":[...]}
std::string to_json(const std::vector<SeedStatus>& seeds);
std::vector<SeedStatus> parse_seed_list(std::string_view json);

std::string seed_path(const release::ReleaseId& id);

}  // namespace roost::proto
