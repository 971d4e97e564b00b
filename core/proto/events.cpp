#include "core/proto/events.hpp"

#include <algorithm>
#include <charconv>

#include "core/proto/json_fields.hpp"

namespace roost::proto {
namespace {

constexpr std::size_t kMaxEpoch = 32;
constexpr std::size_t kMaxBatch = 4096;

bool is_epoch(std::string_view text) {
  return !text.empty() && text.size() <= kMaxEpoch &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
         });
}

UnpublishNotice unpublish_notice(const Fields& fields) {
  return {fields.parsed("release", &release::ReleaseRef::parse),
          fields.parsed("release_id", &release::ReleaseId::parse), fields.envelope("statement")};
}

}  // namespace

EventId EventId::parse(std::string_view text) {
  const auto dash = text.find('-');
  if (dash != std::string_view::npos && is_epoch(text.substr(0, dash))) {
    EventId id{std::string(text.substr(0, dash)), 0};
    const auto digits = text.substr(dash + 1);
    const auto* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, id.sequence);
    if (error == std::errc{} && stop == end && id.str() == text) return id;
  }
  throw Error(Errc::usage,
              "parse event id '" + std::string(text.substr(0, 64)) + "': not EPOCH-SEQUENCE");
}

std::string to_json(const UnpublishNotice& notice) {
  return dump(Json{{"release", notice.release.str()},
                   {"release_id", notice.release_id.hex()},
                   {"statement", to_value(notice.statement)}});
}

UnpublishNotice parse_unpublish_notice(std::string_view text) {
  const Context context{"unpublish notice"};
  const Json json = parse_json(text, context);
  return unpublish_notice(Fields(json, context));
}

EventData parse_event(std::string_view kind, std::string_view data) {
  if (kind == kReleaseEvent) return parse_release_offer(data);
  if (kind == kUnpublishEvent) return parse_unpublish_notice(data);
  return {};
}

std::string event_batch_json(std::string_view epoch, std::uint64_t last,
                             std::span<const RawEvent> events) {
  std::string out =
      "{\"epoch\":" + dump(Json(epoch)) + ",\"last\":" + std::to_string(last) + ",\"events\":[";
  const char* separator = "";
  for (const auto& event : events) {
    out += separator;
    out += "{\"id\":" + dump(Json(EventId{std::string(epoch), event.sequence}.str())) +
           ",\"event\":" + dump(Json(event.kind)) + ",\"data\":";
    out += event.data;
    out += '}';
    separator = ",";
  }
  return out += "]}";
}

EventBatch parse_event_batch(std::string_view text) {
  const Context context{"event batch"};
  const Json json = parse_json(text, context);
  const Fields fields(json, context);
  EventBatch batch{{fields.text("epoch"), fields.number("last")}, {}};
  if (!is_epoch(batch.last.epoch)) fields.refuse("epoch", "not [A-Za-z0-9]{1,32}");
  for (const auto& item : fields.list("events", kMaxBatch)) {
    const Fields event(item, context);
    batch.events.push_back({event.parsed("id", &EventId::parse),
                            parse_event(event.text("event"), dump(event.at("data")))});
  }
  return batch;
}

}  // namespace roost::proto
