// The machine that a result was measured on: processor, cores, kernel, and the versions of
// roost and of the libtorrent that it runs with.
//
// Reads /proc and uname(2); what the system doesn't tell is "unknown". Thread-safe.
#pragma once

#include "bench/results/run.hpp"

namespace roost::bench {

Machine this_machine();

}  // namespace roost::bench
