// Links that carry messages: each end of a connection is a LinkId, and a stream of
// messages in order leads from its owner to its remote.
//
// An uplink sends one block of each of its streams in turn, as TCP shares a link; a
// message stands behind the blocks of its own stream and, where there are none, goes at
// once in a packet of its own. Zones may share a trunk each. A downlink takes what
// arrives in order and no faster than its rate. One thread; the links of a host are
// consecutive.
#pragma once

#include <deque>
#include <span>
#include <vector>

#include "bench/simulator/event_queue.hpp"
#include "bench/simulator/message.hpp"
#include "bench/simulator/topology.hpp"

namespace roost::bench::simulator {

using LinkId = std::uint32_t;

class Wire {
 public:
  struct Ends {
    virtual ~Ends() = default;
    virtual void received(LinkId link, Message message) = 0;  // by the owner of the link
    virtual void block_left(LinkId link) = 0;                 // its uplink
  };
  struct Counters {
    std::uint64_t out = 0;
    std::uint64_t in = 0;
  };

  // Events of these kinds are the wire's.
  static constexpr std::uint32_t kKinds = 5;

  Wire(const Topology& topology, EventQueue& events, Ends& ends);

  std::uint32_t links() const noexcept { return static_cast<std::uint32_t>(links_.size()); }
  LinkId first(HostId host) const { return first_[host]; }
  LinkId last(HostId host) const { return first_[host + 1]; }  // one past
  HostId owner(LinkId link) const { return links_[link].owner; }
  HostId remote(LinkId link) const { return links_[link].remote; }
  Time delay(LinkId link) const { return links_[link].far ? far_ : near_; }
  bool far(LinkId link) const { return links_[link].far; }

  void send(LinkId link, Message message);
  void tell(std::span<const LinkId> links, Message message);  // ascending links of one host

  bool idle(HostId host) const { return !stations_[host].up.serving; }
  const Counters& counters(HostId host) const { return stations_[host].counters; }
  std::uint64_t trunk_bytes() const noexcept { return trunk_bytes_; }

  void handle(const Event& event);

 private:
  enum Kind : std::uint32_t { block_out, stream_in, loose_in, told_in, taken_in };
  static constexpr LinkId kNone = UINT32_MAX;

  struct Stream {
    LinkId twin = kNone;
    HostId owner = 0;
    HostId remote = 0;
    LinkId next = kNone;              // in the uplink's round
    std::uint32_t blocks = 0;         // not yet sent
    bool queued = false;              // in the round, or being served
    bool far = false;                 // leads to another zone
    std::vector<std::uint32_t> ring;  // messages; its size is a power of two
    std::uint32_t head = 0;           // first that has not been received
    std::uint32_t unsent = 0;         // first that has not left
    std::uint32_t tail = 0;
  };
  struct Uplink {
    double rate = 0;
    Time free_at = 0;
    LinkId round = kNone;  // first and last in the round
    LinkId round_end = kNone;
    LinkId current = kNone;
    std::uint32_t count = 0;  // of messages being sent
    bool serving = false;
  };
  struct Arrival {
    Time at = 0;  // when the last byte is through
    LinkId link = kNone;
    Message message;
  };
  struct Downlink {
    double rate = 0;
    Time clock = 0;           // all that came, at the link's rate
    Time slack = 0;           // how far the clock may lie behind
    std::uint32_t small = 0;  // messages waiting that are no blocks
    std::deque<Arrival> waiting;
  };
  struct Station {  // what belongs to a host, side by side for the cache's sake
    Uplink up;
    Downlink down;
    Counters counters;
    unsigned zone = 0;
  };
  struct Trunk {
    Time up = 0;
    Time down = 0;
  };
  struct Told {
    LinkId base = 0;
    std::uint64_t mask = 0;
    Message message;
  };

  void connect(const Topology& topology);
  void push(Stream& stream, Message message);
  Message pop(Stream& stream);
  void enter_round(LinkId link);
  void serve(HostId host);
  void block_sent(HostId host);
  Time cross_trunk(LinkId link, Time at, std::uint32_t bytes);
  void send_loose(LinkId link, Message message);
  void squeeze_in(HostId host, std::uint64_t bytes);
  void flush(Told& told, bool far);
  void arrive(LinkId link, Message message, std::uint32_t bytes);
  void take(HostId host);
  void deliver(LinkId link, Message message);
  Time lasting(std::uint64_t bytes, double rate) const;

  EventQueue& events_;
  Ends& ends_;
  Time near_, far_;
  double trunk_rate_;
  std::vector<LinkId> first_;
  std::vector<Stream> links_;
  std::vector<Station> stations_;
  std::vector<Trunk> trunks_;
  std::vector<Told> told_;
  std::vector<std::uint32_t> free_told_;
  std::uint64_t trunk_bytes_ = 0;
};

}  // namespace roost::bench::simulator
