// How far a node is: POST /v1/nodes/ID/report, and GET /v1/nodes.
//
// Reports are for people and for publishers who wait; the tracker decides
// nothing by them that a signature should decide. Pure; any thread. parse_node_report
// throws Error{usage} naming the field (a request), parse_node_list Error{integrity}.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/endpoint.hpp"
#include "core/release/names.hpp"

namespace roost::proto {

inline constexpr std::size_t kMaxFollows = 64;
inline constexpr std::size_t kMaxTransfers = 256;
inline constexpr std::size_t kMaxReason = 512;
inline constexpr std::size_t kMaxShares = 32;
inline constexpr std::size_t kMaxCause = 64;
inline constexpr std::size_t kMaxReused = 32;

// Node ids: [A-Za-z0-9._-]{1,64}. Zones: the same, or empty.
bool is_node_id(std::string_view text) noexcept;
bool is_zone(std::string_view text) noexcept;

enum class TransferState { fetching, staged, active, failed };
std::string_view to_text(TransferState state) noexcept;

struct TransferReport {
  release::ReleaseRef release;
  release::ReleaseId release_id;
  TransferState state = TransferState::fetching;
  std::uint64_t pieces = 0;
  std::uint64_t pieces_total = 0;
  std::uint64_t bytes_seeder = 0;
  std::uint64_t bytes_peers = 0;
  std::optional<double> seconds_to_staged;
  std::string reason;      // why it failed or stalls; empty when it does neither
  std::uint64_t rate = 0;  // bytes a second just now, while it fetches
  // What bound the delivery, so far or until it was staged, and each cause's share of its time
  // (docs/benchmarks.md). Empty: nothing had to be delivered.
  std::string bound_by = {};
  std::map<std::string, double> shares = {};
  // Stored bytes of the image that images of other releases on the node held, by NAME@VERSION.
  // Of more than kMaxReused releases to_json() writes those that held most.
  std::map<std::string, std::uint64_t> reused = {};
};

struct NodeReport {
  std::string node;
  Endpoint addr;  // where it accepts peers; unspecified IP: the connection's
  std::string zone;
  std::vector<release::ChannelRef> follows;
  std::vector<TransferReport> transfers;  // all it has: replaces the last report
};

std::string to_json(const NodeReport& report);
NodeReport parse_node_report(std::string_view json);

struct NodeView {
  NodeReport report;
  bool live = false;
  double heard_seconds_ago = 0;
};

// {"nodes":[...]}
std::string to_json(const std::vector<NodeView>& nodes);
std::vector<NodeView> parse_node_list(std::string_view json);

}  // namespace roost::proto
