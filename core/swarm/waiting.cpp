#include "core/swarm/waiting.hpp"

namespace roost::swarm {

void Occupancy::change(int links, Monotonic now) {
  past_ = until(now);
  since_ = now;
  busy_ += links;
}

BusyTime Occupancy::until(Monotonic now) const {
  BusyTime time = past_;
  if (busy_ > 0) {
    time.any += now - since_;
    time.links += busy_ * (now - since_);
  }
  return time;
}

}  // namespace roost::swarm
