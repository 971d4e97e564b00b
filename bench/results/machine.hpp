// What a result has to say of the machine it was measured on.
//
// Reads /proc and asks each program of the rivals for its version; one that is not
// installed is left out. Takes up to a few seconds; never throws for a missing program.
#pragma once

#include "bench/results/run.hpp"

namespace roost::bench {

Machine this_machine();

// The first dotted number in a program's answer to --version ("nginx/1.22.1" -> "1.22.1");
// empty when there is none.
std::string version_in(std::string_view text);

}  // namespace roost::bench
