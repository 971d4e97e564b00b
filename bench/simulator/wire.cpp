#include "bench/simulator/wire.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace roost::bench::simulator {
namespace {

// Blocks of several senders arrive at the same time in truth, and one after another here.
constexpr std::uint64_t kInterleaved = 2 * kBlockBytes;
// What a switch holds for a port. More small packets than that are lost, and TCP sends what had
// to wait in fewer, fuller ones.
constexpr std::uint64_t kPortBuffer = 256 << 10;
// Small messages are taken together with what came just before them: saves an event each.
constexpr Time kTogether = kSecond / 10'000;

}  // namespace

Wire::Wire(const Topology& topology, EventQueue& events, Ends& ends)
    : events_(events),
      ends_(ends),
      near_(topology.near),
      far_(topology.far),
      trunk_rate_(topology.trunk),
      trunks_(topology.zones) {
  for (const Host& host : topology.hosts) {
    auto& station = stations_.emplace_back();
    station.zone = host.zone;
    station.up.rate = host.up;
    station.down.rate = host.down;
    station.down.slack = lasting(kInterleaved, host.down);
  }
  connect(topology);
}

void Wire::connect(const Topology& topology) {
  first_.assign(topology.hosts.size() + 1, 0);
  for (const auto& [a, b] : topology.connections) {
    ++first_[a + 1];
    ++first_[b + 1];
  }
  for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
  links_.resize(first_.back());
  auto next = first_;
  for (const auto& [a, b] : topology.connections) {
    const LinkId there = next[a]++;
    const LinkId back = next[b]++;
    const bool far = stations_[a].zone != stations_[b].zone;
    links_[there].twin = back;
    links_[back].twin = there;
    links_[there].owner = links_[back].remote = a;
    links_[back].owner = links_[there].remote = b;
    links_[there].far = links_[back].far = far;
  }
}

Time Wire::lasting(std::uint64_t bytes, double rate) const {
  return std::llround(static_cast<double>(bytes) / rate * static_cast<double>(kSecond));
}

void Wire::push(Stream& stream, Message message) {
  auto& ring = stream.ring;
  if (stream.tail - stream.head == ring.size()) {
    std::vector<std::uint32_t> larger(std::max<std::size_t>(8, ring.size() * 2));
    for (std::uint32_t i = stream.head; i != stream.tail; ++i) {
      larger[i & (larger.size() - 1)] = ring[i & (ring.size() - 1)];
    }
    ring.swap(larger);
  }
  ring[stream.tail++ & (ring.size() - 1)] = message.word();
}

Message Wire::pop(Stream& stream) {
  return Message::from_word(stream.ring[stream.head++ & (stream.ring.size() - 1)]);
}

void Wire::send(LinkId link, Message message) {
  auto& stream = links_[link];
  if (message.is_block()) {
    push(stream, message);
    ++stream.blocks;
    if (!stream.queued) enter_round(link);
  } else if (stream.queued) {
    push(stream, message);
  } else {
    send_loose(link, message);
  }
}

void Wire::enter_round(LinkId link) {
  auto& stream = links_[link];
  auto& uplink = stations_[stream.owner].up;
  stream.queued = true;
  stream.next = kNone;
  (uplink.round == kNone ? uplink.round : links_[uplink.round_end].next) = link;
  uplink.round_end = link;
  if (!uplink.serving) serve(stream.owner);
}

// Sends the next link's messages up to its first block.
void Wire::serve(HostId host) {
  auto& uplink = stations_[host].up;
  uplink.serving = uplink.round != kNone;
  if (!uplink.serving) return;
  uplink.current = uplink.round;
  auto& stream = links_[uplink.current];
  uplink.round = stream.next;
  std::uint32_t count = 1;
  const auto mask = static_cast<std::uint32_t>(stream.ring.size() - 1);
  while (!Message::from_word(stream.ring[stream.unsent++ & mask]).is_block()) ++count;
  uplink.count = count;
  const std::uint64_t bytes = kBlockBytes + (count - 1) * kControl;
  uplink.free_at = std::max(events_.now(), uplink.free_at) + lasting(bytes, uplink.rate);
  events_.put(uplink.free_at, block_out, host);
}

void Wire::block_sent(HostId host) {
  auto& uplink = stations_[host].up;
  const LinkId link = uplink.current;
  auto& stream = links_[link];
  std::uint32_t count = uplink.count;
  std::uint32_t bytes = kBlockBytes + (count - 1) * kControl;
  --stream.blocks;
  if (stream.blocks == 0) {  // what was said meanwhile goes along
    const std::uint32_t more = stream.tail - stream.unsent;
    stream.unsent = stream.tail;
    stream.queued = false;
    count += more;
    bytes += more * kControl;
    uplink.free_at += lasting(more * kControl, uplink.rate);
  }
  stations_[host].counters.out += bytes;
  events_.put(cross_trunk(link, events_.now(), bytes) + delay(link), stream_in, link, count);
  if (stream.blocks > 0) enter_round(link);
  ends_.block_left(link);
  serve(host);
}

Time Wire::cross_trunk(LinkId link, Time at, std::uint32_t bytes) {
  if (!links_[link].far) return at;
  trunk_bytes_ += bytes;
  if (trunk_rate_ == 0) return at;
  const Time takes = lasting(bytes, trunk_rate_);
  auto& up = trunks_[stations_[owner(link)].zone].up;
  up = std::max(up, at - takes) + takes;
  at = std::max(at, up);
  auto& down = trunks_[stations_[remote(link)].zone].down;
  down = std::max(down, at - takes) + takes;
  return std::max(at, down);
}

void Wire::send_loose(LinkId link, Message message) {
  squeeze_in(owner(link), kLoose);
  events_.put(cross_trunk(link, events_.now(), kLoose) + delay(link), loose_in, link,
              message.word());
}

// Bytes that go beside the streams, as they come: small enough not to wait for their turn.
void Wire::squeeze_in(HostId host, std::uint64_t bytes) {
  auto& uplink = stations_[host].up;
  uplink.free_at = std::max(events_.now(), uplink.free_at) + lasting(bytes, uplink.rate);
  stations_[host].counters.out += bytes;
}

// One event for all that hear it at the same time.
void Wire::tell(std::span<const LinkId> links, Message message) {
  constexpr LinkId kWide = 64;
  Told open[2];  // near, far
  for (const LinkId link : links) {
    auto& stream = links_[link];
    if (stream.queued || (stream.far && trunk_rate_ > 0)) {
      send(link, message);
      continue;
    }
    Told& told = open[stream.far];
    if (told.mask != 0 && link - told.base >= kWide) flush(told, stream.far);
    if (told.mask == 0) told = {link, 0, message};
    told.mask |= std::uint64_t{1} << (link - told.base);
  }
  flush(open[0], false);
  flush(open[1], true);
}

void Wire::flush(Told& told, bool far) {
  if (told.mask == 0) return;
  const auto bytes = static_cast<std::uint64_t>(std::popcount(told.mask)) * kLoose;
  squeeze_in(owner(told.base), bytes);
  if (far) trunk_bytes_ += bytes;
  std::uint32_t place = static_cast<std::uint32_t>(told_.size());
  if (free_told_.empty()) {
    told_.push_back(told);
  } else {
    place = free_told_.back();
    free_told_.pop_back();
    told_[place] = told;
  }
  events_.put(events_.now() + (far ? far_ : near_), told_in, place);
  told.mask = 0;
}

// What was being received while other senders' blocks were is through together with them.
void Wire::arrive(LinkId link, Message message, std::uint32_t bytes) {
  const LinkId here = links_[link].twin;
  const HostId host = links_[link].remote;
  auto& down = stations_[host].down;
  const Time now = events_.now();
  const bool small = message.kind() != MessageKind::stream;
  if (small && down.small * std::uint64_t{kLoose} > kPortBuffer) bytes = kControl;
  stations_[host].counters.in += bytes;
  if (!small) squeeze_in(host, kAcknowledgements);
  down.clock = std::max(down.clock, now - down.slack) + lasting(bytes, down.rate);
  const Time at = std::max(now, down.clock);
  if (down.waiting.empty() && at <= now) {
    deliver(here, message);
    return;
  }
  down.waiting.push_back({at, here, message});
  if (small) ++down.small;
  if (down.waiting.size() == 1) events_.put(at, taken_in, host);
}

void Wire::take(HostId host) {
  auto& waiting = stations_[host].down.waiting;
  do {
    const Arrival arrival = waiting.front();
    deliver(arrival.link, arrival.message);
    if (arrival.message.kind() != MessageKind::stream) --stations_[host].down.small;
    waiting.pop_front();  // only now: what arrives meanwhile must not overtake
  } while (!waiting.empty() && (waiting.front().at <= events_.now() ||
                                (waiting.front().message.kind() != MessageKind::stream &&
                                 waiting.front().at <= events_.now() + kTogether)));
  if (!waiting.empty()) events_.put(waiting.front().at, taken_in, host);
}

void Wire::deliver(LinkId link, Message message) {
  if (message.kind() != MessageKind::stream) {
    ends_.received(link, message);
    return;
  }
  for (std::uint32_t i = 0; i < message.number(); ++i) {
    ends_.received(link, pop(links_[links_[link].twin]));
  }
}

void Wire::handle(const Event& event) {
  switch (static_cast<Kind>(event.kind)) {
    case block_out:
      block_sent(event.a);
      break;
    case stream_in:
      arrive(event.a, Message::stream(event.b), kBlockBytes + (event.b - 1) * kControl);
      break;
    case loose_in:
      arrive(event.a, Message::from_word(event.b), kLoose);
      break;
    case told_in: {
      const Told told = told_[event.a];
      free_told_.push_back(event.a);
      for (auto mask = told.mask; mask != 0; mask &= mask - 1) {
        arrive(told.base + static_cast<LinkId>(std::countr_zero(mask)), told.message, kLoose);
      }
      break;
    }
    case taken_in:
      take(event.a);
      break;
  }
}

}  // namespace roost::bench::simulator
