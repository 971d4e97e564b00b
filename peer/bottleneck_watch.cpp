#include "peer/bottleneck_watch.hpp"

#include <pthread.h>

#include <algorithm>

#include "core/base/pause.hpp"
#include "peer/holding.hpp"

namespace roost::peer {
namespace {

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

// A look costs 0.2 ms of CPU, so that a long delivery is looked at less often: after a
// fiftieth of the time so far, within these limits.
constexpr auto kLeastPause = 100ms;
constexpr auto kMostPause = 500ms;
constexpr int kPart = 50;
// Blocks are counted when they are whole, limits are handed out in portions, and what tells a
// full link from a busy one is that it stays full: rates are of so many slices.
constexpr std::size_t kRateSlices = 10;
// So many slices are judged again as the best rate becomes known.
constexpr std::size_t kRecent = 100;
constexpr std::string_view kDiskThread = "roost-disk";

// The part of `span` that `now` has more than `before`.
double share(Monotonic::duration before, Monotonic::duration now, Seconds span) {
  return std::clamp(Seconds(now - before) / span, 0.0, 1.0);
}

}  // namespace

struct BottleneckWatch::Reading {
  Monotonic when;
  HoldingWaiting waits;
  HostTraffic link;
  double fetching_busy = 0;
  double unpacking_busy = 0;
  bool fetching_blocked = false;
};

BottleneckWatch::BottleneckWatch(Holding& holding, const swarm::TransferLimits& limits)
    : holding_(holding),
      limits_(limits),
      thread_([this](const std::stop_token& stop) { work(stop); }) {
  ::pthread_setname_np(thread_.native_handle(), "roost-watch");
}

BottleneckWatch::Reading BottleneckWatch::read() {
  Reading now;
  now.when = std::chrono::steady_clock::now();
  now.waits = holding_.waiting();
  now.link = link_.look();
  for (const auto& [id, use] : threads_.look(now.when)) {
    if (id == now.waits.index.network_thread || use.name == kDiskThread) {
      now.fetching_busy += use.busy;
      now.fetching_blocked |= threads_.blocked(id);
    } else {
      now.unpacking_busy = std::max(now.unpacking_busy, use.busy);
    }
  }
  return now;
}

Slice BottleneckWatch::slice_between(const Reading& before, const Reading& now,
                                     const Reading& earlier) const {
  const Seconds span = now.when - before.when;
  const auto earlier_all = earlier.waits.all();
  const auto before_all = before.waits.all();
  const auto all = now.waits.all();
  // Of the transfers whichever waited most: the image comes last and takes longest.
  const auto longest = [&](auto&& part) {
    double most = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      most = std::max(most, share(part(*before_all[i]), part(*all[i]), span));
    }
    return most;
  };
  const double second = Seconds(now.when - earlier.when).count();
  const auto payload_rate = [&](auto member) {
    double bytes = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i]->*member < earlier_all[i]->*member) continue;  // patches, which were left since
      bytes += static_cast<double>(all[i]->*member - earlier_all[i]->*member);
    }
    return bytes / second;
  };
  const auto all_are = [&](auto&& fact) {
    return std::all_of(all.begin(), all.end(), [&](const auto* each) { return fact(*each); });
  };
  using swarm::Waiting;
  Slice slice;
  slice.complete = all_are([](const Waiting& w) { return w.complete; });
  for (const auto* each : all) {
    slice.origins = std::max(slice.origins, each->origins);
    slice.peers = std::max(slice.peers, each->peers);
  }
  slice.origins_asked = longest([](const Waiting& w) { return w.of_origins.any; });
  slice.peers_asked = longest([](const Waiting& w) { return w.of_peers.any; });
  const auto peers = std::max(1U, slice.peers);
  slice.peer_links_asked = longest([peers](const Waiting& w) { return w.of_peers.links / peers; });
  slice.askers = share(earlier.waits.image.of_us.any, now.waits.image.of_us.any, Seconds(second));
  slice.lonely = all_are([](const Waiting& w) { return w.complete || w.lonely; });
  slice.tracker_silent = all_are([](const Waiting& w) { return w.tracker_silent; });
  slice.in = payload_rate(&Waiting::bytes_in);
  slice.out = payload_rate(&Waiting::bytes_out);
  slice.limit_in = static_cast<double>(limits_.download);
  slice.limit_out = static_cast<double>(limits_.upload);
  slice.link_in = (now.link.in - earlier.link.in) / second;
  slice.link_out = (now.link.out - earlier.link.out) / second;
  slice.fetching_busy = now.fetching_busy;
  slice.fetching_blocked = now.fetching_blocked;
  slice.unpacking_busy = now.unpacking_busy;
  return slice;
}

void BottleneckWatch::add(const Slice& slice, Seconds span) {
  recent_.emplace_back(slice, span);
  if (recent_.size() > kRecent) {
    settled_.add(judge(recent_.front().first, best_), recent_.front().second);
    recent_.pop_front();
  }
  CauseTimes times = settled_;
  for (const auto& [each, length] : recent_) times.add(judge(each, best_), length);
  holding_.note_causes(times);
}

void BottleneckWatch::work(const std::stop_token& stop) {
  std::deque<Reading> readings{read()};
  const Monotonic began = readings.front().when;
  do {
    const auto passed = readings.back().when - began;
    pause(std::clamp(std::chrono::duration_cast<std::chrono::milliseconds>(passed / kPart),
                     kLeastPause, kMostPause),
          stop);
    const Reading before = readings.back();
    const Reading now = read();
    best_ = {now.link.best_in, now.link.best_out};
    add(slice_between(before, now, readings.front()), now.when - before.when);
    readings.push_back(now);
    if (readings.size() > kRateSlices) readings.pop_front();
  } while (!stop.stop_requested());
}

}  // namespace roost::peer
