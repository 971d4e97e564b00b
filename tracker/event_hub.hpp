// Who is told of events: open event streams and waiting long polls.
//
// A reader comes with the channels it follows. A fresh one is sent where each
// of them is now; one that names the last event it saw is sent what came after,
// if that can still be told; from then on, every event as it happens, each
// release with that reader's own neighbours. A fresh start's last event alone
// carries an id, so that whoever is cut off in between starts afresh. Everything
// runs on the server's I/O thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/deadline.hpp"
#include "core/net/http_server.hpp"
#include "core/proto/events.hpp"
#include "tracker/state.hpp"

namespace roost::tracker {

struct Reader {
  std::vector<release::ChannelRef> follows;  // each once
  std::string node;                          // may be empty: somebody who watches
  PeerAddress address;
};

class EventHub {
 public:
  explicit EventHub(State& state) : state_(state) {}

  void add_stream(const std::shared_ptr<net::EventStream>& stream, Reader reader,
                  std::string_view last_event_id, Monotonic now);

  // Answers at once when there is something to tell, else when there is, or with
  // nothing at `until`. since: EPOCH-SEQUENCE, or a sequence of this epoch.
  void add_poll(const net::Responder& responder, Reader reader, std::string_view since,
                Monotonic until, Monotonic now);

  void channel_moved(const proto::ChannelInfo& info, Monotonic now);
  // The same release at the same place, with another seeder.
  void channel_reseeded(const release::ChannelRef& channel, Monotonic now);
  void unpublished(const proto::UnpublishNotice& notice,
                   const std::vector<release::ChannelRef>& channels);

  void tick(Monotonic now);  // ends polls whose time has come

  net::Response nothing() const;  // a poll's answer when nothing happened
  std::size_t streams() const noexcept { return streams_; }
  std::size_t polls() const noexcept { return readers_.size() - streams_; }
  std::uint64_t sent() const noexcept { return sent_; }

 private:
  struct Open {
    Reader reader;
    std::shared_ptr<net::EventStream> stream;  // or
    std::optional<net::Responder> poll;
    Monotonic until = Monotonic::max();
  };
  // One event as one reader gets it.
  struct Message {
    std::optional<std::uint64_t> sequence;  // none: no id
    std::string_view kind;
    std::shared_ptr<const std::string> head;
    std::string tail;
  };

  std::uint64_t add(Open open);
  void remove(std::uint64_t key, Monotonic now);
  std::vector<Message> missed(const Reader& reader, std::optional<std::uint64_t> since,
                              Monotonic now);
  std::vector<Message> current(const Reader& reader, Monotonic now);
  std::optional<Message> replay(const Event& event, const Reader& reader, Monotonic now);
  void broadcast(const Event& event, Monotonic now);
  void deliver(std::uint64_t key, Message message);
  void send(net::EventStream& stream, const Message& message);
  net::Response batch(const std::vector<Message>& messages);

  State& state_;
  std::unordered_map<std::uint64_t, Open> readers_;
  std::map<release::ChannelRef, std::set<std::uint64_t>> by_channel_;
  std::uint64_t next_key_ = 1;
  std::size_t streams_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace roost::tracker
