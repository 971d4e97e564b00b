#include "tracker/event_log.hpp"

#include <algorithm>
#include <charconv>

namespace roost::tracker {

const Event& EventLog::append(Event event) {
  event.sequence = ++last_;
  if (ring_.size() == room_) ring_.pop_front();
  return ring_.emplace_back(std::move(event));
}

bool EventLog::replayable(std::uint64_t sequence) const noexcept {
  return sequence <= last_ && last_ - sequence <= ring_.size();
}

std::optional<std::uint64_t> EventLog::position(std::string_view id) const {
  const auto dash = id.rfind('-');
  if (dash == std::string_view::npos || id.substr(0, dash) != epoch_) return std::nullopt;
  const auto text = id.substr(dash + 1);
  std::uint64_t sequence = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), sequence);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  if (!replayable(sequence)) return std::nullopt;
  return sequence;
}

std::vector<const Event*> EventLog::after(std::uint64_t sequence,
                                          const std::vector<release::ChannelRef>& channels) const {
  std::vector<const Event*> events;
  for (const auto& event : ring_) {
    if (event.sequence <= sequence) continue;
    if (std::find(channels.begin(), channels.end(), event.channel) != channels.end()) {
      events.push_back(&event);
    }
  }
  return events;
}

}  // namespace roost::tracker
