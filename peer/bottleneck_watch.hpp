// Looks ten times a second at what a delivery waits for, and sums up by cause.
//
// One thread from construction to destruction, and nothing outside of that. shares()
// from any thread. What it costs: a tenth of a millisecond a look (docs/benchmarks.md).
#pragma once

#include <functional>
#include <stop_token>
#include <thread>

#include "core/base/guarded.hpp"
#include "core/swarm/transfer.hpp"
#include "peer/bottleneck.hpp"
#include "peer/host_link.hpp"
#include "peer/own_threads.hpp"

namespace roost::peer {

class Holding;

class BottleneckWatch {
 public:
  // The holding outlives the watch, and is told of the times after each look.
  BottleneckWatch(Holding& holding, const swarm::TransferLimits& limits);

 private:
  struct Reading;

  void work(const std::stop_token& stop);
  Reading read();
  Slice slice_between(const Reading& before, const Reading& now);

  Holding& holding_;
  const swarm::TransferLimits limits_;
  OwnThreads threads_;
  HostLink link_;
  double best_in_ = 0;
  double best_out_ = 0;
  CauseTimes times_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace roost::peer
