// A wire with a length: two TAP devices, and what enters one leaves the other a fixed time
// later (or up to a twentieth more). In user space, since many kernels come without netem, and so
// that a run's delay is the same on all of them. Rates are the matter of the devices' queues
// (shaping).
//
// Made inside a namespace (in_namespace), where its devices then are; they go with it. One
// thread of its own, ahead of ordinary programs, for a wire doesn't wait for a free core.
// Packets keep their segmentation offload, so one system call moves up to 64 KiB.
// Throws Error when there is no /dev/net/tun.
#pragma once

#include <chrono>
#include <memory>
#include <string>

namespace roost::bench {

class Relay {
 public:
  Relay(const std::string& one_end, const std::string& other_end, std::chrono::nanoseconds delay);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roost::bench
