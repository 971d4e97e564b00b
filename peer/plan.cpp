#include "peer/plan.hpp"

#include <algorithm>

namespace roost::peer {

Plan plan(const Desired& desired, const Observed& observed) {
  if (observed.current == desired.release) return UpToDate{};
  if (observed.held_at && desired.channel_version <= *observed.held_at) {
    return Held{*observed.held_at};
  }
  if (const auto& rejected = observed.rejected; rejected && rejected->release == desired.release &&
                                                desired.channel_version <= rejected->version) {
    return Rejected{rejected->reason};
  }
  const bool staged = std::ranges::find(observed.staged, desired.release) != observed.staged.end();
  if (!staged) return Fetch{};
  if (desired.stage_only) return UpToDate{};
  if (observed.fault) return Faulted{};
  return Activate{};
}

}  // namespace roost::peer
