#include "tracker/event_hub.hpp"

#include <charconv>

#include "core/proto/offer.hpp"

namespace roost::tracker {
namespace {

std::string_view name_of(EventKind kind) noexcept {
  return kind == EventKind::release ? proto::kReleaseEvent : proto::kUnpublishEvent;
}

// What ?since= means: an id, or the bare sequence of an id of this epoch.
std::optional<std::uint64_t> position(const EventLog& events, std::string_view since) {
  std::uint64_t sequence = 0;
  const auto [stop, error] = std::from_chars(since.data(), since.data() + since.size(), sequence);
  if (error != std::errc{} || stop != since.data() + since.size()) return events.position(since);
  // 0 is who has seen nothing: he wants to know where things are now.
  if (sequence == 0 || !events.replayable(sequence)) return std::nullopt;
  return sequence;
}

}  // namespace

std::uint64_t EventHub::add(Open open) {
  const auto key = next_key_++;
  for (const auto& channel : open.reader.follows) by_channel_[channel].insert(key);
  if (open.stream) ++streams_;
  readers_.emplace(key, std::move(open));
  return key;
}

void EventHub::remove(std::uint64_t key, Monotonic now) {
  const auto found = readers_.find(key);
  if (found == readers_.end()) return;
  const Open open = std::move(found->second);
  readers_.erase(found);
  for (const auto& channel : open.reader.follows) {
    auto& keys = by_channel_[channel];
    keys.erase(key);
    if (keys.empty()) by_channel_.erase(channel);
  }
  if (!open.stream) return;
  --streams_;
  state_.nodes.stream_closed(open.reader.node, now);
}

void EventHub::add_stream(const std::shared_ptr<net::EventStream>& stream, Reader reader,
                          std::string_view last_event_id, Monotonic now) {
  for (const auto& message : missed(reader, state_.events.position(last_event_id), now)) {
    send(*stream, message);
  }
  state_.nodes.stream_opened(reader.node);
  const auto key = add({std::move(reader), stream, std::nullopt});
  stream->on_close([this, key] { remove(key, std::chrono::steady_clock::now()); });
}

void EventHub::add_poll(const net::Responder& responder, Reader reader, std::string_view since,
                        Monotonic until, Monotonic now) {
  const auto messages = missed(reader, position(state_.events, since), now);
  if (!messages.empty() || until <= now) {
    responder.respond(batch(messages));
    return;
  }
  const auto key = add({std::move(reader), nullptr, responder, until});
  responder.on_close([this, key] { remove(key, std::chrono::steady_clock::now()); });
}

std::vector<EventHub::Message> EventHub::missed(const Reader& reader,
                                                std::optional<std::uint64_t> since, Monotonic now) {
  if (!since) return current(reader, now);
  std::vector<Message> messages;
  for (const Event* event : state_.events.after(*since, reader.follows)) {
    if (auto message = replay(*event, reader, now)) messages.push_back(std::move(*message));
  }
  return messages;
}

std::vector<EventHub::Message> EventHub::current(const Reader& reader, Monotonic now) {
  std::vector<Message> messages;
  for (const auto& channel : reader.follows) {
    const Event event{0, EventKind::release, channel, state_.offers.of(channel), {}};
    if (!event.offer) continue;
    if (auto message = replay(event, reader, now)) {
      message->sequence.reset();
      messages.push_back(std::move(*message));
    }
  }
  if (!messages.empty()) messages.back().sequence = state_.events.last();
  return messages;
}

std::optional<EventHub::Message> EventHub::replay(const Event& event, const Reader& reader,
                                                  Monotonic now) {
  if (event.kind == EventKind::unpublish) {
    return Message{event.sequence,
                   proto::kUnpublishEvent,
                   std::make_shared<const std::string>(event.text),
                   {}};
  }
  const auto* entry = state_.catalogue.find(event.offer->id);
  if (entry == nullptr) return std::nullopt;  // withdrawn since
  const auto neighbours =
      state_.introducer.introduce(*entry, {reader.node, reader.address}, now, state_.rng);
  return Message{event.sequence, proto::kReleaseEvent, event.offer->head,
                 proto::OfferTemplate::tail(neighbours)};
}

void EventHub::channel_moved(const proto::ChannelInfo& info, Monotonic now) {
  const auto reading = by_channel_.find(info.channel);
  auto offer = state_.offers.moved(info, reading == by_channel_.end() ? 0 : reading->second.size());
  broadcast(state_.events.append({0, EventKind::release, info.channel, std::move(offer), {}}), now);
}

void EventHub::channel_reseeded(const release::ChannelRef& channel, Monotonic now) {
  auto offer = state_.offers.of(channel);
  if (!offer) return;
  broadcast(state_.events.append({0, EventKind::release, channel, std::move(offer), {}}), now);
}

void EventHub::unpublished(const proto::UnpublishNotice& notice,
                           const std::vector<release::ChannelRef>& channels) {
  const auto text = proto::to_json(notice);
  for (const auto& channel : channels) {
    broadcast(state_.events.append({0, EventKind::unpublish, channel, nullptr, text}), {});
  }
}

void EventHub::broadcast(const Event& event, Monotonic now) {
  const auto found = by_channel_.find(event.channel);
  if (found == by_channel_.end()) return;
  const std::vector<std::uint64_t> keys(found->second.begin(), found->second.end());
  if (event.kind == EventKind::unpublish) {
    const auto text = std::make_shared<const std::string>(event.text);
    for (const auto key : keys) deliver(key, {event.sequence, name_of(event.kind), text, {}});
    return;
  }
  const auto* entry = state_.catalogue.find(event.offer->id);
  if (entry == nullptr) return;
  state_.introducer.introduce_followers(*entry, event.channel, now, state_.rng);
  for (const auto key : keys) {
    const auto reader = readers_.find(key);
    if (reader == readers_.end()) continue;
    const auto neighbours = state_.introducer.told(*entry, reader->second.reader.address);
    deliver(key, {event.sequence, name_of(event.kind), event.offer->head,
                  proto::OfferTemplate::tail(neighbours)});
  }
}

void EventHub::deliver(std::uint64_t key, Message message) {
  const auto found = readers_.find(key);
  if (found == readers_.end()) return;
  if (found->second.stream) {
    send(*found->second.stream, message);
    return;
  }
  const auto poll = *found->second.poll;
  remove(key, {});
  poll.respond(batch({std::move(message)}));
}

// The frame of an event, with its large part shared by all streams. Heads and
// tails are JSON on one line, so one data line carries them.
void EventHub::send(net::EventStream& stream, const Message& message) {
  std::string frame;
  if (message.sequence) frame = "id: " + state_.events.id(*message.sequence) + "\n";
  frame.append("event: ").append(message.kind).append("\ndata: ");
  stream.send(std::move(frame));
  stream.send(message.head);
  stream.send(message.tail + "\n\n");
  ++sent_;
}

net::Response EventHub::batch(const std::vector<Message>& messages) {
  std::vector<std::string> texts;
  std::vector<proto::RawEvent> events;
  texts.reserve(messages.size());  // events view them
  for (const auto& message : messages) {
    texts.push_back(*message.head + message.tail);
    events.push_back({message.sequence.value_or(state_.events.last()), message.kind, texts.back()});
  }
  sent_ += messages.size();
  return {200,
          "application/json",
          proto::event_batch_json(state_.events.epoch(), state_.events.last(), events),
          {}};
}

net::Response EventHub::nothing() const {
  return {200,
          "application/json",
          proto::event_batch_json(state_.events.epoch(), state_.events.last(), {}),
          {}};
}

void EventHub::tick(Monotonic now) {
  std::vector<std::uint64_t> over;
  for (const auto& [key, open] : readers_) {
    if (open.until <= now) over.push_back(key);
  }
  for (const auto key : over) {
    const auto poll = *readers_.at(key).poll;
    remove(key, now);
    poll.respond(nothing());
  }
}

}  // namespace roost::tracker
