// The settings of a libtorrent session for a fleet in a datacentre, each with
// its reason, in place of defaults made for home lines. Private to core/swarm.
#pragma once

#include <libtorrent/fwd.hpp>

#include "core/swarm/session.hpp"

namespace roost::swarm {

libtorrent::settings_pack datacentre_profile(const SessionConfig& config);

// The same without the ones that concern one process: address, caps, DSCP.
libtorrent::settings_pack datacentre_profile();

// Caps of a whole session, and what they need.
void set_caps(libtorrent::settings_pack& pack, const TransferLimits& limits);

// Gives up the settings of these parts: libtorrent's own values hold.
void leave_out(libtorrent::settings_pack& pack, const Parts& without);

}  // namespace roost::swarm
