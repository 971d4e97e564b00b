#include "bench/simulator/origin.hpp"

namespace roost::bench::simulator {
namespace {

constexpr std::size_t kMany = 128;

Monotonic clock(Time now) {
  return Monotonic(std::chrono::duration_cast<Monotonic::duration>(std::chrono::nanoseconds(now)));
}

swarm::RevealingOptions options(std::uint32_t start) {
  swarm::RevealingOptions revealing;
  revealing.start = start;
  return revealing;
}

}  // namespace

Origin::Origin(std::uint32_t pieces, std::uint32_t start, std::size_t peers)
    : pieces_(pieces),
      pause_(peers > kMany ? kSecond / 1000 : 0),
      strategy_(pieces, options(start)) {}

void Origin::joined(Key peer, Time now) {
  strategy_.joined(peer, swarm::RevealingStrategy::PeerKind::revealing,
                   swarm::Bitmap(pieces_, false), clock(now));
}

void Origin::has(Key peer, std::uint32_t piece, bool uplink_idle, Time now) {
  strategy_.has(peer, piece, clock(now));
  if (!strategy_.open() && uplink_idle) strategy_.starved(clock(now));
}

void Origin::sent(Key peer, Time now) {
  strategy_.sent(peer, clock(now));
}

std::vector<swarm::RevealingStrategy::Reveal> Origin::step(Time now) {
  return strategy_.step(clock(now));
}

}  // namespace roost::bench::simulator
