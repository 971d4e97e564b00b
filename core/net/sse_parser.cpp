#include "core/net/sse_parser.hpp"

#include <cassert>
#include <charconv>
#include <utility>

#include "core/base/error.hpp"

namespace roost::net {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

[[maybe_unused]] bool is_one_line(std::string_view text) noexcept {
  return text.find_first_of("\r\n") == std::string_view::npos;
}

}  // namespace

void SseParser::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (std::exchange(after_cr_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const auto end = bytes.find_first_of("\r\n");
    const auto part = bytes.substr(0, end);
    if (line_.size() + data_.size() + part.size() > max_event_) {
      throw Error(Errc::integrity, "read event stream: an event is larger than " +
                                       std::to_string(max_event_) + " bytes");
    }
    line_ += part;
    if (end == std::string_view::npos) return;
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    end_line();
  }
}

std::optional<SseEvent> SseParser::next() {
  if (ready_.empty()) return std::nullopt;
  SseEvent event = std::move(ready_.front());
  ready_.pop_front();
  return event;
}

void SseParser::end_line() {
  const std::string whole = std::exchange(line_, {});
  std::string_view line = whole;
  if (std::exchange(first_line_, false) && line.starts_with(kByteOrderMark)) {
    line.remove_prefix(kByteOrderMark.size());
  }
  if (line.empty()) return dispatch();
  const auto colon = line.find(':');
  if (colon == 0) return;  // a comment
  if (colon == std::string_view::npos) return field(line, {});
  auto value = line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  field(line.substr(0, colon), value);
}

void SseParser::field(std::string_view name, std::string_view value) {
  if (name == "data") {
    data_ += value;
    data_ += '\n';
  } else if (name == "event") {
    event_ = value;
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) last_id_ = value;
  } else if (name == "retry") {
    std::uint32_t milliseconds = 0;
    const auto* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, milliseconds);
    if (error == std::errc{} && stop == end) retry_ = std::chrono::milliseconds(milliseconds);
  }
}

void SseParser::dispatch() {
  auto event = std::exchange(event_, {});
  if (data_.empty()) return;
  data_.pop_back();  // the last line's end
  if (event.empty()) event = "message";
  ready_.push_back({last_id_, std::move(event), std::exchange(data_, {})});
}

std::string format_sse(const SseEvent& event) {
  assert(is_one_line(event.id) && event.id.find('\0') == std::string::npos);
  assert(is_one_line(event.event));
  std::string out;
  out.reserve(event.data.size() + event.id.size() + 64);
  if (!event.event.empty() && event.event != "message") out += "event: " + event.event + "\n";
  if (!event.id.empty()) out += "id: " + event.id + "\n";
  std::string_view rest = event.data;
  for (bool more = true; more;) {
    const auto end = rest.find_first_of("\r\n");
    out += "data: ";
    out += rest.substr(0, end);
    out += '\n';
    more = end != std::string_view::npos;
    if (!more) break;
    const bool crlf = rest[end] == '\r' && end + 1 < rest.size() && rest[end + 1] == '\n';
    rest.remove_prefix(end + (crlf ? 2 : 1));
  }
  out += '\n';
  return out;
}

}  // namespace roost::net
