// The text/event-stream format: an incremental parser and a writer, both pure.
//
// Bytes go in cut anywhere, whole events come out. An event larger than the
// bound throws Error{integrity}. Source: HTML Living Standard, section 9.2
// (server-sent events), with CR, LF and CRLF line ends and one leading BOM.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace roost::net {

struct SseEvent {
  std::string id;  // the last id seen, also when this event carried none
  std::string event = "message";
  std::string data;

  bool operator==(const SseEvent&) const = default;
};

class SseParser {
 public:
  static constexpr std::size_t kMaxEvent = std::size_t{64} << 20;

  explicit SseParser(std::size_t max_event = kMaxEvent) : max_event_(max_event) {}

  void feed(std::string_view bytes);
  std::optional<SseEvent> next();  // in order; nothing until an event is complete

  const std::string& last_id() const noexcept { return last_id_; }
  std::optional<std::chrono::milliseconds> retry() const noexcept { return retry_; }

 private:
  void end_line();
  void field(std::string_view name, std::string_view value);
  void dispatch();

  std::size_t max_event_;
  std::deque<SseEvent> ready_;
  std::string line_;  // begun, its end not seen yet
  std::string data_;
  std::string event_;
  std::string last_id_;
  std::optional<std::chrono::milliseconds> retry_;
  bool after_cr_ = false;  // a LF now belongs to the CR before it
  bool first_line_ = true;
};

// The event's text on the wire; data may hold several lines. Ids and event
// names must not hold line ends (asserted).
std::string format_sse(const SseEvent& event);

}  // namespace roost::net
