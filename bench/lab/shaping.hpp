// The commands that make a link carry a given rate, by the kernel's token bucket (tbf).
//
// Each is text for run_batch. A queue is deleted and made anew, never replaced: a bucket
// smaller than a packet that already waits in it stalls for good. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace roost::bench {

// For `tc`: what leaves `device` gets this many bits a second; 0 takes the limit away.
std::string shape(const std::string& device, std::uint64_t rate, bool shaped_before);

// For `ip`: the largest packet that TCP on this device builds (segmentation offload), so
// that one packet stands for a few milliseconds at most of a link of this rate.
std::string offload_limit(const std::string& device, std::uint64_t rate);

}  // namespace roost::bench
