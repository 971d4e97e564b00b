#include "bench/simulator/swarm.hpp"

#include <algorithm>

#include "core/swarm/rendezvous.hpp"

namespace roost::bench::simulator {
namespace {

constexpr Time kVerify = kSecond / 1000;  // from the last block to the HAVE: hash and threads
constexpr double kHandshakes = 2.5;       // round trips of TCP, TLS and BitTorrent
constexpr Time kRetry = 5 * kSecond;      // libtorrent looks again at a link that found nothing

Monotonic clock(Time now) {
  return Monotonic(std::chrono::duration_cast<Monotonic::duration>(std::chrono::nanoseconds(now)));
}

}  // namespace

Swarm::Swarm(const Topology& topology, const Content& content, const SimulateOptions& options,
             EventQueue& events, SimulateWatcher& watcher)
    : content_(content),
      events_(events),
      watcher_(watcher),
      wire_(topology, events, *this),
      near_(topology.near),
      far_(topology.far),
      zones_named_(options.zones > 1),
      leads_to_(topology.hosts.size(), 0),
      random_(static_cast<Random::result_type>(options.seed % 2'147'483'647)),
      nodes_(topology.hosts.size()),
      peers_(wire_.links()),
      depths_(wire_.links()),
      have_(nodes_.size(), content.pieces),
      taken_(nodes_.size(), content.pieces),
      blocks_(nodes_.size(), content.blocks),
      shown_(wire_.links(), content.pieces),
      availability_(nodes_.size() * content.pieces, 0) {
  if (options.revealing) {
    const auto fed = wire_.last(kSeeder) - wire_.first(kSeeder);
    origin_.emplace(content.pieces, static_cast<std::uint32_t>(random_()), fed);
  }
  for (const Host& host : topology.hosts) zones_.push_back(host.zone);
  for (LinkId link = 0; link < wire_.links(); ++link) {
    const HostId remote = wire_.remote(link);
    if (wire_.far(link) && remote != kSeeder) leads_to_[wire_.owner(link)] |= 1U << zones_[remote];
  }
  for (std::uint32_t piece = 0; piece < content.pieces; ++piece) have_.set(kSeeder, piece);
  nodes_[kSeeder].have = nodes_[kSeeder].taken = content.pieces;
}

void Swarm::begin() {
  const auto after = [](Time one_way) {
    return static_cast<Time>(kHandshakes * 2 * static_cast<double>(one_way));
  };
  events_.put(after(near_), ready, 0);
  events_.put(after(far_), ready, 1);
  for (HostId host = 0; host < nodes_.size(); ++host) {
    events_.put(static_cast<Time>(random_() % kSecond), tick, host);
  }
}

bool Swarm::complete(HostId host) const {
  for (std::uint32_t block = 0; block < content_.blocks; ++block) {
    if (!blocks_.has(host, block)) return false;
  }
  return nodes_[host].have == content_.pieces;
}

void Swarm::link_ready(bool far) {
  ready_[far] = true;
  for (LinkId link = 0; link < wire_.links(); ++link) {
    if (wire_.far(link) != far) continue;
    const HostId host = wire_.owner(link);
    if (host == kSeeder) {
      if (origin_) {
        origin_->joined(link, events_.now());
      } else {
        wire_.send(link, Message::have_all());
      }
      continue;
    }
    for (std::uint32_t piece = 0; piece < content_.pieces; ++piece) {
      if (have_.has(host, piece)) wire_.send(link, Message::have(piece));
    }
  }
  reveal_due();
}

void Swarm::received(LinkId link, Message message) {
  auto& peer = peers_[link];
  switch (message.kind()) {
    case MessageKind::have:
      on_have(link, message.piece());
      break;
    case MessageKind::have_all:
      on_have_all(link);
      break;
    case MessageKind::request:
      watcher_.serves(wire_.owner(link), wire_.remote(link), message.piece(), message.block());
      wire_.send(link, Message::block(message.piece(), message.block()));
      break;
    case MessageKind::block:
      on_block(link, message.piece(), message.block());
      break;
    case MessageKind::depth:
      peer.allowed = static_cast<std::uint16_t>(message.number());
      break;
    case MessageKind::interest:
      wire_.send(link, Message::choke(!message.yes()));
      break;
    case MessageKind::choke:
      peer.choked = message.yes();
      if (!peer.choked && peer.interested) fill(link);
      break;
    case MessageKind::stream:
      break;
  }
}

void Swarm::on_have(LinkId link, std::uint32_t piece) {
  const HostId host = wire_.owner(link);
  if (host == kSeeder) {
    if (!origin_) return;
    origin_->has(link, piece, wire_.idle(kSeeder), events_.now());
    reveal_due();
    return;
  }
  if (shown_.has(link, piece) || leave_to_zone(link, piece)) return;
  shown_.set(link, piece);
  ++availability_[std::size_t{host} * content_.pieces + piece];
  if (have_.has(host, piece)) return;
  ++peers_[link].wanted;
  wake(link);
}

// What core/swarm/plugin_zones does where zones are named and everybody delivers: a piece that
// a neighbour in the own zone has, or another gateway is to fetch, is not fetched from afar.
bool Swarm::leave_to_zone(LinkId link, std::uint32_t piece) const {
  if (!zones_named_ || !wire_.far(link) || wire_.remote(link) == kSeeder) return false;
  const HostId host = wire_.owner(link);
  const auto ours = swarm::rendezvous_weight(host, piece);
  const auto zone = 1U << zones_[wire_.remote(link)];
  for (LinkId near = wire_.first(host); near < wire_.last(host); ++near) {
    const HostId other = wire_.remote(near);
    if (wire_.far(near) || other == kSeeder) continue;
    if (shown_.has(near, piece)) return true;
    if ((leads_to_[other] & zone) != 0 && swarm::rendezvous_weight(other, piece) > ours)
      return true;
  }
  return false;
}

void Swarm::on_have_all(LinkId link) {
  for (std::uint32_t piece = 0; piece < content_.pieces; ++piece) on_have(link, piece);
}

// A link that is of interest already is not looked at: libtorrent waits for its next block.
void Swarm::wake(LinkId link) {
  auto& peer = peers_[link];
  if (peer.interested) return;
  peer.interested = true;
  wire_.send(link, Message::interest(true));
  if (!peer.choked) fill(link);
}

// A piece that it showed us is there now. libtorrent looks at all such links again.
void Swarm::reconsider(LinkId link) {
  auto& peer = peers_[link];
  if (--peer.wanted > 0) return fill(link);
  peer.interested = false;
  wire_.send(link, Message::interest(false));
}

void Swarm::on_block(LinkId link, std::uint32_t piece, std::uint32_t block) {
  const HostId host = wire_.owner(link);
  auto& peer = peers_[link];
  --peer.open;
  ++peer.came;
  const std::uint32_t begin = piece * content_.piece_blocks;
  if (blocks_.has(host, begin + block)) {
    nodes_[host].redundant += kBlock;
  } else {
    blocks_.set(host, begin + block);
    const std::uint32_t end = begin + content_.blocks_of(piece);
    std::uint32_t missing = begin;
    while (missing < end && blocks_.has(host, missing)) ++missing;
    if (missing == end) events_.put(events_.now() + kVerify, verified, host, piece);
  }
  fill(link);
}

void Swarm::on_verified(HostId host, std::uint32_t piece) {
  auto& node = nodes_[host];
  have_.set(host, piece);
  ++node.have;
  if (!node.first) node.first = events_.now();
  watcher_.has(host, piece);
  audience_.clear();
  for (LinkId link = wire_.first(host); link < wire_.last(host); ++link) {
    if (shown_.has(link, piece)) reconsider(link);
    // An origin hears of every piece, others of what they lack as far as one can see.
    const bool tell = wire_.remote(link) == kSeeder || !shown_.has(link, piece);
    if (tell && ready_[wire_.far(link)]) audience_.push_back(link);
  }
  wire_.tell(audience_, Message::have(piece));
  if (node.have < content_.pieces) return;
  node.done = events_.now();
  ++done_;
}

void Swarm::on_tick(HostId host) {
  if (host == kSeeder) {
    reveal_due();
  } else if (nodes_[host].done) {
    return;
  }
  for (LinkId link = wire_.first(host); link < wire_.last(host); ++link) {
    auto& peer = peers_[link];
    if (!peer.dry || !peer.interested || peer.choked || peer.open > 0) continue;
    if (events_.now() - peer.asked < kRetry) continue;
    peer.asked = events_.now();
    fill(link);
  }
  events_.put(events_.now() + kSecond, tick, host);
}

void Swarm::block_left(LinkId link) {
  auto& depth = depths_[link];
  const Time now = events_.now();
  if (origin_ && wire_.owner(link) == kSeeder) origin_->sent(link, now);
  depth.sent(kBlock);
  if (!depth.due(clock(now))) return;
  const auto round_trip = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::nanoseconds(2 * wire_.delay(link)));
  if (const auto blocks = depth.judge(clock(now), round_trip)) {
    wire_.send(link, Message::depth(*blocks));
  }
}

void Swarm::reveal_due() {
  if (!origin_ || reveal_pending_) return;
  if (origin_->pause() == 0) return carry_out_reveals();
  reveal_pending_ = true;
  events_.put(events_.now() + origin_->pause(), reveal, kSeeder);
}

void Swarm::carry_out_reveals() {
  for (const auto& each : origin_->step(events_.now())) {
    const auto link = static_cast<LinkId>(each.peer);
    wire_.send(link, each.piece ? Message::have(*each.piece) : Message::have_all());
  }
  if (!opened_ && origin_->open()) opened_ = events_.now();
}

void Swarm::handle(const Event& event) {
  if (event.kind < Wire::kKinds) return wire_.handle(event);
  switch (static_cast<Kind>(event.kind)) {
    case ready:
      link_ready(event.a != 0);
      break;
    case verified:
      on_verified(event.a, event.b);
      break;
    case tick:
      on_tick(event.a);
      break;
    case reveal:
      reveal_pending_ = false;
      carry_out_reveals();
      break;
  }
}

}  // namespace roost::bench::simulator
