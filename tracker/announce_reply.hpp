// The bencoded answers of an HTTP tracker (BEP 3, 7, 23, 48).
//
// Written straight into one string: an announce is the most frequent request.
// `peers` is always there, even when nobody is (its absence breaks clients);
// `peers6` only when an IPv6 peer is in it. Keys are sorted. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "tracker/swarm_table.hpp"

namespace roost::tracker {

std::string announce_reply(const AnnounceResult& result, const AnnounceRequest& request);
std::string scrape_reply(std::span<const std::pair<InfoHash, SwarmCounts>> swarms);
std::string failure_reply(std::string_view reason);

}  // namespace roost::tracker
