// The parts that make a delivery fast, by name, so that each can be left out.
//
// It is for measuring alone: what a part is worth is the time of a fleet without it
// (docs/benchmarks.md). A process leaves out what of the part it carries out, so all
// processes of a fleet are given the same. The tracker's parts stand here too: one list
// for all. Pure. Throws Error{usage} for a name that is none, with those that are.
#pragma once

#include <set>
#include <string_view>
#include <vector>

namespace roost::swarm {

enum class Part {
  // how an origin reveals (core/swarm/seeding_strategy.hpp)
  revealing,
  slow_start,
  flight_limit,
  window_growth,
  reveal_again,
  served_limit,
  fed_limit,
  // what a session does beside libtorrent
  request_depth,
  request_deadlines,
  idle_offers,
  asked_once,
  immediate_dials,
  no_delay,
  disk_back_end,
  zone_sharing,
  // groups of libtorrent's settings (core/swarm/profile.cpp)
  fast_connect,
  kept_links,
  short_timeouts,
  unchoke_all,
  short_queues,
  have_suppression,
  strict_end_game,
  send_buffer,
  short_ticks,
  rarest_first,
  tracker_timing,
  // the tracker's
  inline_index,
  degree_limit,
};

using Parts = std::set<Part>;

Part parse_part(std::string_view name);  // such as "slow-start"

const std::vector<std::string_view>& part_names();  // in the order of Part

}  // namespace roost::swarm
