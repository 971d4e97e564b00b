// All seeds of a daemon, and the one worker's round over them.
//
// ask() and drop() are called by the API and only note the wish; turn() does what
// is due: asks the tracker for what a wished release is, starts and finishes
// seeds, forgets the unpublished. One worker calls turn(); ask(), drop() and
// statuses() are for any thread and never block.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/proto/seed.hpp"
#include "core/swarm/session.hpp"
#include "seeder/seed.hpp"
#include "seeder/seed_store.hpp"
#include "seeder/tracker_client.hpp"

namespace roost::seeder {

class SeedShelf {
 public:
  struct Settings {
    std::chrono::milliseconds check_every;  // for unpublished releases
    LatePatches::Settings patches;
    std::string zone;  // said in every status; may be empty
  };

  SeedShelf(const SeedStore& store, swarm::Session& session, TrackerClient& tracker,
            Settings settings, std::stop_token stop);
  ~SeedShelf();

  void load();  // what a former run left on disk

  proto::SeedStatus ask(const proto::SeedRequest& request);
  bool drop(const release::ReleaseId& id);  // false: there is none
  std::vector<proto::SeedStatus> statuses() const;
  std::optional<proto::SeedStatus> status(const release::ReleaseId& id) const;

  // Waits until something may be due, then does it.
  void turn();

 private:
  using Clock = std::chrono::steady_clock;

  struct Wish {
    std::optional<Endpoint> from;  // nothing: it is to be dropped
    Clock::time_point due;
  };

  void wait();
  void grant(const release::ReleaseId& id, const Wish& wish);
  void start(const release::ReleaseId& id, const Endpoint& from);
  SeedPapers papers_of(const release::ReleaseId& id);
  void advance();
  void help_lonely();
  void drop_unpublished();
  bool unpublished(const release::ReleaseId& id, const release::ReleaseRef& release);
  void forget(const release::ReleaseId& id);
  void show();
  void show(const proto::SeedStatus& status);
  proto::SeedStatus blank(const release::ReleaseId& id) const;
  Seed::Place place();

  const SeedStore& store_;
  swarm::Session& session_;
  TrackerClient& tracker_;
  Settings settings_;
  std::stop_token stop_;

  mutable std::mutex mutex_;  // of what follows, up to the next comment
  std::condition_variable_any changed_;
  bool poked_ = false;
  std::map<release::ReleaseId, Wish> wishes_;
  std::map<release::ReleaseId, proto::SeedStatus> shown_;

  // The worker's.
  std::map<release::ReleaseId, std::unique_ptr<Seed>> seeds_;
  Clock::time_point check_at_;
  Clock::time_point show_all_at_;
  Clock::time_point help_at_;
};

}  // namespace roost::seeder
