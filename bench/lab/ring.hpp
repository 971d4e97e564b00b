// Plain TCP connections between hosts of a lab, all kept full at once, and what arrived.
//
// One thread serves them all; a socket belongs for good to the namespace in which it was
// made. No socket options. Throws Error, {interrupted} once stop is asked for.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

namespace roost::bench {

struct Transfer {
  std::string from;     // namespace
  std::string to;       // namespace
  std::string address;  // of the receiver
};

// Goodput of each in bytes a second, over about a second, the start left out.
std::vector<double> measure_transfers(const std::vector<Transfer>& transfers,
                                      const std::stop_token& stop);

}  // namespace roost::bench
