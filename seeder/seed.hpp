// One release that a seeder has or is fetching: a transfer for each of its parts.
//
// While a part is fetched it is a peer like any other (an origin is not fed by
// origins); once it is there advance() joins again as an origin, with the peers it
// had as neighbours. A release is served without its patches if nobody gives them;
// they are tried again now and then.
// Owned by the daemon's worker; the session outlives it. on_change is called on
// the swarm's thread and must be quick.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

#include "core/proto/seed.hpp"
#include "core/swarm/session.hpp"
#include "seeder/late_patches.hpp"
#include "seeder/seed_store.hpp"

namespace roost::seeder {

class Seed {
 public:
  struct Place {
    swarm::Session& session;
    std::string announce_url;
    std::string zone;
    LatePatches::Settings patches;
    std::function<void()> on_change;
    std::stop_token stop;
  };

  // Starts sharing what is complete, and goes on fetching the rest. If that is patches alone
  // they wait for fetch_from().
  Seed(const Place& place, SeedFiles files, SeedPapers papers);
  ~Seed();

  const release::Descriptor& descriptor() const noexcept { return papers_.descriptor; }

  // All is there; patches only if they are waited for, since somebody has just handed it over.
  bool serving() const noexcept;

  // Something is missing, and nobody is there to give it, or it is time to try patches.
  bool wants_peers() const;

  // Fetches what is missing, from these too; tries again after a disk error.
  void fetch_from(const std::vector<Endpoint>& peers);
  void hand_over_from(const Endpoint& peer);  // likewise; it may have patches, so waits for them

  // Makes durable what was fetched and joins as its origin; ends a try for patches that came to
  // nothing. True when it begins to serve the release. Throws when what was fetched can't be
  // trusted to be on disk.
  bool advance();

  proto::SeedStatus status(const release::ReleaseId& id) const;

 private:
  struct Side;  // one part's transfer and listener

  bool essentials_served() const noexcept;
  void join(Side& side, const std::vector<swarm::Neighbour>& peers);
  void serve(Side& side);
  void serve_patches(Side& side);
  void put_off(Side& patches);

  Place place_;
  SeedFiles files_;
  SeedPapers papers_;
  std::vector<std::unique_ptr<Side>> sides_;  // as papers_.parts
  bool awaits_patches_ = false;
  LatePatches late_;
  std::minstd_rand rng_{std::random_device{}()};
};

}  // namespace roost::seeder
