// What bound a delivery during one slice of its time: pure, from what was seen.
//
// The order of the tests is the model (docs/benchmarks.md, "What bound a node"): a limit
// that was given, then this machine (CPU, disk), then a lack of anything to ask for, then
// whichever link is full, and only then the others.
#pragma once

#include "peer/cause.hpp"

namespace roost::peer {

// Shares are of the slice. Rates are bytes a second, and of the second before its end.
struct Slice {
  bool complete = false;  // every piece is here: what is left is expanding and syncing
  // Our links, by what BitTorrent asks for.
  unsigned origins = 0;         // connected
  unsigned peers = 0;           // connected, origins not counted
  double origins_asked = 0;     // something was asked of an origin and had not come
  double peers_asked = 0;       // of somebody else
  double peer_links_asked = 0;  // the same as a mean over the links to them
  double askers = 0;            // somebody waited for our bytes; of the second, too
  bool lonely = false;          // no link, and never told of a neighbour
  bool tracker_silent = false;
  // Payload, and the limits that were given; 0: none.
  double in = 0;
  double out = 0;
  double limit_in = 0;
  double limit_out = 0;
  // The machine's busiest interface; 0: none is known.
  double link_in = 0;
  double link_out = 0;
  // Our threads.
  double fetching_busy = 0;       // those that receive, hash and write, together: ran or wanted to
  bool fetching_blocked = false;  // one of them waited for the disk
  double unpacking_busy = 0;      // the busiest of the others
};

// The most that the interface has carried in any slice: what its link can do, as far as known.
struct BestRates {
  double in = 0;
  double out = 0;
};

Cause judge(const Slice& slice, const BestRates& best);

}  // namespace roost::peer
