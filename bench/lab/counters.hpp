// Byte counts of network devices, read over one netlink socket that stays open: some
// microseconds a device, so that a whole lab can be sampled many times a second.
//
// Made inside a namespace (in_namespace), usable from anywhere; any thread. Throws Error.
#pragma once

#include <cstdint>
#include <mutex>

#include "core/base/fd.hpp"

namespace roost::bench {

struct DeviceBytes {
  std::uint64_t in = 0;   // received by the device
  std::uint64_t out = 0;  // sent by it
};

class DeviceCounters {
 public:
  DeviceCounters();

  DeviceBytes read(unsigned device_index) const;

 private:
  mutable std::mutex mutex_;  // question and answer belong together
  UniqueFd socket_;
};

}  // namespace roost::bench
