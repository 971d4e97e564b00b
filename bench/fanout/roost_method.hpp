// Roost itself: real `roost` processes of this very binary, one on each host.
//
// Before the clock: tracker, and nodes that follow a channel. The instant is the
// tracker's commit of the release, as it tells the publisher; a node's times come from
// what `roost peer --json` says of the release (docs/protocol.md, "Lines of a node").
#pragma once

#include <memory>
#include <string>

#include "bench/fanout/method.hpp"

namespace roost::bench {

// Variants: without TLS, or every process without the part of that name (core/swarm/parts.hpp).
inline constexpr const char* kNoTls = "no-tls";
inline constexpr const char* kWithout = "without-";
std::unique_ptr<Method> make_roost(const Arena& arena, const std::string& variant);

}  // namespace roost::bench
