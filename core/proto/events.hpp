// What the tracker pushes: GET /v1/events as an event stream (SSE) or long poll.
//
// An event's id is EPOCH-SEQUENCE: the epoch is new at each start of a tracker,
// the sequence rises by one per event. A reader that names the last id it saw
// gets what came after; if that is gone, the current state of what it follows.
// Pure; any thread. Parsers throw Error{integrity}; Error{usage} in EventId::parse,
// which reads a request's header.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/crypto/dsse.hpp"
#include "core/proto/offer.hpp"
#include "core/release/names.hpp"

namespace roost::proto {

inline constexpr std::string_view kReleaseEvent = "release";
inline constexpr std::string_view kUnpublishEvent = "unpublish";

struct EventId {
  std::string epoch;  // [A-Za-z0-9]{1,32}
  std::uint64_t sequence = 0;

  static EventId parse(std::string_view text);
  std::string str() const { return epoch + "-" + std::to_string(sequence); }
  bool operator==(const EventId&) const = default;
};

// The data of an `unpublish` event. Stops fetching and offers; never a running release.
struct UnpublishNotice {
  release::ReleaseRef release;
  release::ReleaseId release_id;
  crypto::Envelope statement;
};

std::string to_json(const UnpublishNotice& notice);
UnpublishNotice parse_unpublish_notice(std::string_view json);

// monostate: an event of a kind that this version doesn't know; skip it.
using EventData = std::variant<std::monostate, ReleaseOffer, UnpublishNotice>;
EventData parse_event(std::string_view kind, std::string_view data);

// The long poll's answer: {"epoch","last","events":[{"id","event","data"}]}.
struct RawEvent {
  std::uint64_t sequence = 0;
  std::string_view kind;
  std::string_view data;  // JSON text, put in as it is
};
std::string event_batch_json(std::string_view epoch, std::uint64_t last,
                             std::span<const RawEvent> events);

struct BatchEvent {
  EventId id;
  EventData data;
};
struct EventBatch {
  EventId last;  // what the next request names in `since`
  std::vector<BatchEvent> events;
};
EventBatch parse_event_batch(std::string_view json);

}  // namespace roost::proto
