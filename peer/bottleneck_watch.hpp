// Looks ten times a second, later twice, at what a delivery waits for, and sums up by cause.
//
// One thread from construction to destruction, and nothing outside of that. What a link can
// do shows in time: the last hundred looks are judged by the best rate known now.
#pragma once

#include <chrono>
#include <deque>
#include <stop_token>
#include <thread>
#include <utility>

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
  Slice slice_between(const Reading& before, const Reading& now, const Reading& earlier) const;
  void add(const Slice& slice, std::chrono::duration<double> span);

  Holding& holding_;
  const swarm::TransferLimits limits_;
  OwnThreads threads_;
  HostLink link_;
  BestRates best_;
  std::deque<std::pair<Slice, std::chrono::duration<double>>> recent_;
  CauseTimes settled_;   // of what is no longer recent
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace roost::peer
