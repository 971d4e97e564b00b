// libtorrent's alerts as problems that a person understands. Private to core/swarm.
#pragma once

#include <libtorrent/fwd.hpp>
#include <optional>

#include "core/swarm/shared_state.hpp"

namespace roost::swarm {

// The problem that the alert stands for, if it is one and not just reported;
// notes in `state` what stopped the transfer.
std::optional<Problem> problem_of(const libtorrent::alert& alert, SharedState& state);

// Whether libtorrent banned a peer only because it had a share in pieces that failed.
bool bans_without_proof(const libtorrent::alert& alert, const SharedState& state);

}  // namespace roost::swarm
