#include "core/swarm/request_deadline.hpp"

#include <algorithm>

namespace roost::swarm {

void RequestDeadline::asked(Monotonic now) noexcept {
  open_ = true;
  heard_ = block_ = now;
}

void RequestDeadline::block(Monotonic now) noexcept {
  if (open_) service_ += (now - block_ - service_) / 4;
  heard_ = block_ = now;
}

void RequestDeadline::heard(std::int64_t payload, Monotonic now) noexcept {
  if (payload == payload_) return;
  payload_ = payload;
  heard_ = now;
}

Monotonic::duration RequestDeadline::patience() const noexcept {
  return std::clamp<Monotonic::duration>(kPatience * service_, kLeast, kMost);
}

}  // namespace roost::swarm
