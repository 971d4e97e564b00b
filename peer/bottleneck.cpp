#include "peer/bottleneck.hpp"

#include <algorithm>

namespace roost::peer {
namespace {

constexpr double kFull = 0.8;  // of a limit: messages take of it; of the best rate: bursts pass
constexpr double kBusy = 0.9;  // hardly a pause
constexpr double kMostly = 0.5;
constexpr double kSeveral = 1.5;

bool fills(double rate, double limit) {
  return limit > 0 && rate >= kFull * limit;
}

// How many bytes come from at once. Of a single one it can't be told which end of the way is
// full, and a steady rate is no sign.
double sources(const Slice& slice) {
  return slice.origins_asked + slice.peer_links_asked * slice.peers;
}

// What is left once every piece is here.
Cause judge_unpacking(const Slice& slice) {
  const double busy = std::max(slice.fetching_busy, slice.unpacking_busy);
  return busy >= kMostly ? Cause::cpu : Cause::disk;
}

// Nothing, or too little, is there to be asked for.
Cause judge_want(const Slice& slice) {
  if (slice.lonely) return slice.tracker_silent ? Cause::tracker : Cause::starved;
  return slice.origins > 0 ? Cause::seeder : Cause::starved;
}

}  // namespace

Cause judge(const Slice& slice, const BestRates& best) {
  if (slice.complete) return judge_unpacking(slice);
  if (fills(slice.in, slice.limit_in)) return Cause::own_downlink;
  if (slice.fetching_busy >= kBusy) return Cause::cpu;
  if (slice.fetching_blocked) return Cause::disk;
  if (std::max(slice.origins_asked, slice.peers_asked) < kMostly) return judge_want(slice);
  if (fills(slice.out, slice.limit_out)) return Cause::own_uplink;
  // Whoever waits for an origin while others have little to give: it shows too little.
  if (slice.origins_asked >= kMostly && slice.peer_links_asked < kMostly) return Cause::seeder;
  if (sources(slice) >= kSeveral && fills(slice.link_in, best.in)) return Cause::own_downlink;
  if (slice.askers >= kMostly && fills(slice.link_out, best.out)) return Cause::own_uplink;
  return Cause::peers;
}

}  // namespace roost::peer
