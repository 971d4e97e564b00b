// What bound a delivery during one slice of its time: pure, from what was seen.
//
// The order of the tests is the model (docs/benchmarks.md, "What bound a node"): a limit
// that was given, then this machine (CPU, disk), then a lack of anything to ask for, then
// whichever link is full, and only then the others.
#pragma once

#include "peer/cause.hpp"

namespace roost::peer {

// Rates are bytes a second; shares are of the slice.
struct Slice {
  bool complete = false;  // every piece is here: what is left is expanding and syncing
  // Our links, by what BitTorrent asks for.
  unsigned origins = 0;         // connected
  unsigned peers = 0;           // connected, origins not counted
  double origins_asked = 0;     // something was asked of an origin and had not come
  double peers_asked = 0;       // of somebody else
  double peer_links_asked = 0;  // the same as a mean over the links to them
  double askers = 0;            // somebody waited for what they had asked of us
  bool lonely = false;          // no link, and no address to try
  bool tracker_silent = false;
  // Payload, and the limits that were given; 0: none.
  double in = 0;
  double out = 0;
  double limit_in = 0;
  double limit_out = 0;
  // The machine's busiest interface, and the best of it in this delivery; 0: none is known.
  double link_in = 0;
  double link_out = 0;
  double best_in = 0;
  double best_out = 0;
  // Our threads.
  double fetching_busy = 0;  // the busiest of those that receive, hash and write: ran or wanted to
  bool fetching_blocked = false;  // one of them waited for the disk
  double unpacking_busy = 0;      // the busiest of the others
};

Cause judge(const Slice& slice);

}  // namespace roost::peer
