// A BitTorrent client of libtorrent alone, none of core/swarm in it: what steering and
// settings are worth is seen against it.
//
// run_plain_peer() fetches (or seeds) one torrent until the stop is requested; it calls
// `complete` once, when every piece is verified. Blocks. Throws Error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/endpoint.hpp"

namespace roost::bench {

enum class PlainProfile {
  tuned,   // the best settings known for libtorrent in a datacentre, every peer dialled at once
  murder,  // what murder (2010) set: one upload slot, 15 s announces; the rest as it comes
};

struct PlainPeer {
  PlainProfile profile = PlainProfile::tuned;
  std::filesystem::path torrent;
  std::filesystem::path directory;  // of the torrent's file
  bool seed = false;                // the file is there and right
  Endpoint listen;
  std::string tracker;          // announce URL; may be empty
  std::vector<Endpoint> peers;  // dialled at once
};

void run_plain_peer(const PlainPeer& config, const std::function<void()>& complete,
                    const std::stop_token& stop);

}  // namespace roost::bench
