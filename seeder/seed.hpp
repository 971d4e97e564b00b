// One release that a seeder has or is fetching: a transfer for each of its parts.
//
// While it is fetched it is a peer like any other (an origin is not fed by
// origins); serve() joins again as an origin, with the peers it had as neighbours.
// Patches that nobody brings for a while are done without.
// Owned by the daemon's worker; the session outlives it. on_change is called on
// the swarm's thread and must be quick.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/guarded.hpp"
#include "core/proto/seed.hpp"
#include "core/swarm/session.hpp"
#include "seeder/seed_store.hpp"

namespace roost::seeder {

class Seed {
 public:
  struct Place {
    swarm::Session& session;
    std::string announce_url;
    std::string zone;
    std::function<void()> on_change;
    std::stop_token stop;
  };

  // Starts sharing at once if its files are complete, else goes on fetching.
  Seed(const Place& place, SeedFiles files, SeedPapers papers);
  ~Seed();

  const release::Descriptor& descriptor() const noexcept { return papers_.descriptor; }

  void fetch_from(const Endpoint& peer);  // dials it; tries again after a disk error
  bool serving() const noexcept { return serving_; }
  bool fetched();  // all verified that is waited for, but not serving yet

  // Makes what was fetched durable and joins again as an origin.
  void serve();

  proto::SeedStatus status(const release::ReleaseId& id) const;

 private:
  struct Progress {
    std::uint64_t bytes = 0;
    std::chrono::steady_clock::time_point since;
  };
  struct Side;  // one part's transfer and listener

  std::unique_ptr<Side> side_of(const SeedPapers::Part& part, bool fresh,
                                const std::vector<swarm::Neighbour>& peers) const;
  bool waits_for_patches();
  void leave_out_missing();

  Place place_;
  SeedFiles files_;
  SeedPapers papers_;
  bool serving_ = false;
  std::vector<std::unique_ptr<Side>> sides_;  // as papers_.parts
  std::optional<Progress> patches_;           // since all else is there
};

// Which pieces of a file are on the disk, by hashing them. A stop ends it early: the
// rest counts as missing.
swarm::Bitmap pieces_on_disk(const std::filesystem::path& file, const proto::Metainfo& torrent,
                             const std::stop_token& stop);

}  // namespace roost::seeder
