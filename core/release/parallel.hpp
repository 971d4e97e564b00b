// One job done by a few threads, the caller's among them. Private to core/release.
//
// The first that throws stops the others, and what it threw comes out of the call.
// Throws Error{interrupted} "WHAT: interrupted" at the stop.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>

namespace roost::release {

// How many threads to use, four at most, when there is work for so many.
unsigned threads_for(std::size_t work) noexcept;

void run_parallel(unsigned threads, const std::stop_token& stop, const char* what,
                  const std::function<void(const std::stop_token&)>& work);

}  // namespace roost::release
