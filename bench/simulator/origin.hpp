// The seeder's side of revealing: what core/swarm/plugin does with RevealingStrategy,
// on a simulated clock.
//
// With many peers the strategy is asked once in a millisecond instead of after every
// event: an answer costs it time in proportion to its peers. One thread.
#pragma once

#include "bench/simulator/event_queue.hpp"
#include "core/swarm/seeding_strategy.hpp"

namespace roost::bench::simulator {

class Origin {
 public:
  using Key = swarm::RevealingStrategy::Key;

  Origin(std::uint32_t pieces, std::uint32_t start, std::size_t peers);

  void joined(Key peer, Time now);
  void has(Key peer, std::uint32_t piece, bool uplink_idle, Time now);
  void sent(Key peer, Time now);

  // When to ask; nothing before.
  Time pause() const noexcept { return pause_; }
  std::vector<swarm::RevealingStrategy::Reveal> step(Time now);
  bool open() const noexcept { return strategy_.open(); }

 private:
  std::uint32_t pieces_;
  Time pause_;
  swarm::RevealingStrategy strategy_;
};

}  // namespace roost::bench::simulator
