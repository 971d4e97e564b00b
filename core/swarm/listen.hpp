// Starts a libtorrent session and waits until it listens. Private to core/swarm.
#pragma once

#include <utility>

#include <libtorrent/session.hpp>
#include <memory>

#include "core/swarm/session.hpp"

namespace roost::swarm {

struct Listening {
  std::unique_ptr<libtorrent::session> session;
  Endpoint local;
};

// Throws as Session's constructor says.
Listening start_listening(const SessionConfig& config);

}  // namespace roost::swarm
