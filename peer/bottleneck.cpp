#include "peer/bottleneck.hpp"

#include <algorithm>

namespace roost::peer {
namespace {

constexpr double kFull = 0.85;  // of a limit or of the best rate: a full link has gaps, too
constexpr double kBusy = 0.9;   // a thread without a pause to speak of
constexpr double kMostly = 0.5;

bool reaches(double rate, double limit) {
  return limit > 0 && rate >= kFull * limit;
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

Cause judge(const Slice& slice) {
  if (slice.complete) return judge_unpacking(slice);
  if (reaches(slice.in, slice.limit_in)) return Cause::own_downlink;
  if (slice.fetching_busy >= kBusy) return Cause::cpu;
  if (slice.fetching_blocked) return Cause::disk;
  if (std::max(slice.origins_asked, slice.peers_asked) < kMostly) return judge_want(slice);
  if (reaches(slice.out, slice.limit_out)) return Cause::own_uplink;
  // Whoever waits for an origin while others have little to give: it shows too little.
  if (slice.origins_asked >= kMostly && slice.peer_links_asked < kMostly) return Cause::seeder;
  if (reaches(slice.link_in, slice.best_in)) return Cause::own_downlink;
  if (reaches(slice.link_out, slice.best_out)) return Cause::own_uplink;
  return Cause::peers;
}

}  // namespace roost::peer
