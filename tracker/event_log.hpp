// The last events of this tracker's life, for replay to who was away.
//
// An event's id is EPOCH-SEQ: the epoch is new at every start, the sequence
// rises by one. Whoever asks for what came after an id of another epoch, or of
// one that has left the ring, gets nothing() and needs the current state
// instead. Owned by one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/release/names.hpp"

namespace roost::tracker {

struct OfferText;

enum class EventKind { release, unpublish };

struct Event {
  std::uint64_t sequence = 0;
  EventKind kind = EventKind::release;
  release::ChannelRef channel;             // who follows it gets the event
  std::shared_ptr<const OfferText> offer;  // of a release event
  std::string text;                        // of an unpublish event: its JSON
};

class EventLog {
 public:
  EventLog(std::string epoch, std::size_t capacity) : epoch_(std::move(epoch)), room_(capacity) {}

  // Gives the event its sequence; the reference lives until the ring drops it.
  const Event& append(Event event);

  std::string id(std::uint64_t sequence) const { return epoch_ + "-" + std::to_string(sequence); }
  const std::string& epoch() const noexcept { return epoch_; }
  std::uint64_t last() const noexcept { return last_; }

  // The sequence in an id of this epoch that can still be replayed from.
  std::optional<std::uint64_t> position(std::string_view id) const;
  bool replayable(std::uint64_t sequence) const noexcept;

  // Events after sequence on any of the channels, oldest first.
  std::vector<const Event*> after(std::uint64_t sequence,
                                  const std::vector<release::ChannelRef>& channels) const;

 private:
  std::string epoch_;
  std::size_t room_;
  std::deque<Event> ring_;
  std::uint64_t last_ = 0;
};

}  // namespace roost::tracker
