#include "peer/bottleneck_watch.hpp"

#include <pthread.h>

#include <algorithm>
#include <tuple>

#include "core/base/pause.hpp"
#include "peer/holding.hpp"

namespace roost::peer {
namespace {

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

constexpr auto kPause = 100ms;
constexpr std::string_view kDiskThread = "roost-disk";

// The part of `span` that `now` has more than `before`.
double share(Monotonic::duration before, Monotonic::duration now, Seconds span) {
  return std::clamp(Seconds(now - before) / span, 0.0, 1.0);
}

}  // namespace

struct BottleneckWatch::Reading {
  Monotonic when;
  swarm::Waiting index, image;
  HostBytes link;  // since the reading before
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
  std::tie(now.index, now.image) = holding_.waiting();
  now.link = link_.since_last_look();
  for (const auto& [id, use] : threads_.look(now.when)) {
    if (id == now.index.network_thread || use.name == kDiskThread) {
      now.fetching_busy = std::max(now.fetching_busy, use.busy);
      now.fetching_blocked |= use.blocked;
    } else {
      now.unpacking_busy = std::max(now.unpacking_busy, use.busy);
    }
  }
  return now;
}

Slice BottleneckWatch::slice_between(const Reading& before, const Reading& now) {
  const Seconds span = now.when - before.when;
  const auto rate = [&](auto bytes) { return static_cast<double>(bytes) / span.count(); };
  // Of the two transfers whichever waited more: the index comes first, the image takes longer.
  const auto longer = [&](auto&& part) {
    return std::max(share(part(before.index), part(now.index), span),
                    share(part(before.image), part(now.image), span));
  };
  const auto sum = [&](auto member) {
    return now.index.*member + now.image.*member - before.index.*member - before.image.*member;
  };
  using swarm::Waiting;
  Slice slice;
  slice.complete = now.index.complete && now.image.complete;
  slice.origins = std::max(now.index.origins, now.image.origins);
  slice.peers = std::max(now.index.peers, now.image.peers);
  slice.origins_asked = longer([](const Waiting& w) { return w.of_origins.any; });
  slice.peers_asked = longer([](const Waiting& w) { return w.of_peers.any; });
  const auto peers = std::max(1U, slice.peers);
  slice.peer_links_asked = longer([peers](const Waiting& w) { return w.of_peers.links / peers; });
  slice.askers = longer([](const Waiting& w) { return w.of_us.any; });
  slice.lonely =
      (now.index.complete || now.index.lonely) && (now.image.complete || now.image.lonely);
  slice.tracker_silent = now.index.tracker_silent && now.image.tracker_silent;
  slice.in = rate(sum(&Waiting::bytes_in));
  slice.out = rate(sum(&Waiting::bytes_out));
  slice.limit_in = static_cast<double>(limits_.download);
  slice.limit_out = static_cast<double>(limits_.upload);
  slice.link_in = rate(now.link.in);
  slice.link_out = rate(now.link.out);
  best_in_ = slice.best_in = std::max(best_in_, slice.link_in);
  best_out_ = slice.best_out = std::max(best_out_, slice.link_out);
  slice.fetching_busy = now.fetching_busy;
  slice.fetching_blocked = now.fetching_blocked;
  slice.unpacking_busy = now.unpacking_busy;
  return slice;
}

void BottleneckWatch::work(const std::stop_token& stop) {
  Reading before = read();
  do {
    pause(kPause, stop);
    const Reading now = read();
    times_.add(judge(slice_between(before, now)), now.when - before.when);
    holding_.note_causes(times_);
    before = now;
  } while (!stop.stop_requested());
}

}  // namespace roost::peer
