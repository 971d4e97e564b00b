// A machine that keeps releases available: takes them over from publishers and
// seeds them until they are unpublished.
//
// The constructor locks and reads the data directory, listens for peers and for
// its API; run() serves until it is stopped. Each part of a release that a restart
// finds complete on disk is seeded again without a recheck (it was synced before it was
// called complete); what was not complete is hashed piece by piece and fetched on.
// Throws Error: conflict for a directory in use or an address in use, usage for a
// directory that a newer Roost wrote.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <stop_token>

#include "core/base/endpoint.hpp"
#include "core/net/url.hpp"
#include "core/swarm/session.hpp"
#include "seeder/late_patches.hpp"

namespace roost::seeder {

struct SeederConfig {
  std::filesystem::path data;
  net::Url tracker;
  Endpoint api{"127.0.0.1", 7071};
  swarm::SessionConfig swarm = {};  // its zone is what publishers tell the tracker
  std::chrono::milliseconds check_every = std::chrono::seconds(30);  // for unpublished releases
  LatePatches::Settings patches = {};
  std::chrono::milliseconds drain{1000};  // for requests under way at a stop
};

class SeederDaemon {
 public:
  explicit SeederDaemon(SeederConfig config);
  ~SeederDaemon();

  Endpoint api_endpoint() const;    // with the real port
  Endpoint swarm_endpoint() const;  // likewise

  void run(const std::stop_token& stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roost::seeder
