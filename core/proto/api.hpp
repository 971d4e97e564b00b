// The tracker's HTTP API, all messages at once, and the paths they travel on
// (docs/protocol.md). Path functions return a request target, percent-encoded.
#pragma once

#include <string>

#include "core/base/endpoint.hpp"
#include "core/proto/api_error.hpp"
#include "core/proto/events.hpp"
#include "core/proto/offer.hpp"
#include "core/proto/registration.hpp"
#include "core/proto/report.hpp"
#include "core/proto/summary.hpp"
#include "core/release/names.hpp"

namespace roost::proto {

inline constexpr std::string_view kReleasesPath = "/v1/releases";
inline constexpr std::string_view kUnpublishPath = "/v1/unpublish";
inline constexpr std::string_view kNodesPath = "/v1/nodes";
inline constexpr std::string_view kEventsPath = "/v1/events";

// Who asks: part of the query of offers and events.
struct Caller {
  std::string node;
  Endpoint addr;
  std::string zone;
};

std::string name_path(const release::Name& name);              // GET: NameState
std::string release_path(const release::ReleaseRef& release);  // GET: ReleaseSummary
std::string release_path(const release::ReleaseId& id);  // likewise; /descriptor and so on below
std::string channel_path(const release::ChannelRef& channel);  // GET, POST: ChannelInfo
std::string offer_path(const release::ReleaseRef& release, const Caller& caller);
std::string offer_path(const release::ChannelRef& channel, const Caller& caller);
std::string report_path(std::string_view node);  // POST: NodeReport
std::string events_path(const std::vector<release::ChannelRef>& follows, const Caller& caller);

}  // namespace roost::proto
