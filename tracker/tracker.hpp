// The tracker: announces, registry, events and the API, as one object.
//
// The constructor locks and opens the data directory and listens; run() serves
// until it is stopped and drains what is under way. Everything the tracker
// knows is owned by the HTTP server's one thread; run() itself only waits.
// Throws Error: conflict for a directory another tracker uses or an address in
// use, usage for a registry written by a newer Roost.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <vector>

#include "core/base/endpoint.hpp"
#include "core/crypto/keys.hpp"
#include "tracker/handout.hpp"
#include "tracker/swarm_table.hpp"

namespace roost::tracker {

struct TrackerConfig {
  std::filesystem::path data;
  Endpoint listen{"127.0.0.1", 7070};
  // Who may register. Empty: the first key that registers a NAME owns it.
  std::vector<crypto::PublicKey> trust;
  AnnounceTiming announce;
  std::chrono::seconds node_lost_after{45};  // without a stream, poll or report
  std::chrono::seconds node_forgotten_after{24 * 3600};
  std::chrono::milliseconds keep_alive{15000};  // a comment on silent event streams
  std::chrono::milliseconds drain{2000};        // for requests under way at a stop
  std::size_t replay_events = 1024;
  DegreeRule degrees = kNodeDegrees;  // of the graph of a release's nodes
  bool inline_index = true;           // a small index travels inside the offer
};

class Tracker {
 public:
  explicit Tracker(TrackerConfig config);
  ~Tracker();

  Endpoint endpoint() const;  // where it listens; the port is real even when 0 was asked

  void run(std::stop_token stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roost::tracker
