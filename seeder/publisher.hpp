// One publish under way: what publish() is made of. Private to this library.
//
// run() goes through its steps once, on the caller's thread; the members are what
// one step leaves for the next. Declared so that they go in the right order: the
// transfers before the session, both before the directory with the files.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/base/timed_stop.hpp"
#include "core/proto/registration.hpp"
#include "core/proto/seed.hpp"
#include "core/release/descriptor.hpp"
#include "core/release/patch_plan.hpp"
#include "core/swarm/session.hpp"
#include "seeder/base_index.hpp"
#include "seeder/built.hpp"
#include "seeder/hand_over.hpp"
#include "seeder/publish.hpp"
#include "seeder/seeding.hpp"
#include "seeder/tracker_client.hpp"
#include "seeder/work_dir.hpp"

namespace roost::seeder {

class Publisher {
 public:
  // key: nothing for a dry run.
  Publisher(const PublishOptions& options, const crypto::SecretKey* key, PublishObserver& observer,
            const std::stop_token& stop);

  PublishResult run();

 private:
  using Clock = std::chrono::steady_clock;

  // What the tracker has registered under our NAME@VERSION.
  struct Known {
    proto::ReleaseSummary summary;
    crypto::Envelope envelope;
    release::Descriptor descriptor;
  };

  // publisher.cpp: up to files that could be registered
  void prepare();
  std::optional<Known> look_up();
  release::Tree scan();
  release::Packed packed(release::Tree tree, const std::optional<Base>& base);
  void pack(release::Tree tree, const std::optional<Base>& base);
  void refuse_other_tree(const Known& known, std::uint64_t bytes,
                         const std::optional<Sha256>& digest) const;

  // publisher_base.cpp: what it is packed against
  void refuse_itself_as_base() const;
  bool wants_base() const;
  std::optional<Base> base();
  std::optional<Base> registered_base();
  std::optional<Base> channels_base();
  Base fetch(const release::ReleaseRef& release, const Patience& patience);

  // publisher_patches.cpp: what nodes that have the base make new chunks of
  bool wants_patches() const;
  std::optional<PatchesBuilt> patches(const release::Packed& packed,
                                      const std::optional<Base>& base);
  std::optional<crypto::MerkleTree> write_patches(const release::Packed& packed, const Base& base,
                                                  const release::PatchPlan& plan,
                                                  const std::filesystem::path& old_image,
                                                  const std::filesystem::path& path);
  void adopt_patches(const Known& known);

  // publisher_commit.cpp: up to the registration
  void commit();
  bool commit_known();
  bool nothing_to_seed() const;
  void move_channels();
  void adopt(const Known& known);
  void share();
  std::optional<proto::RegistrationResult> try_to_register();
  proto::Registration registration();
  crypto::Envelope sign_descriptor(std::uint64_t sequence) const;
  std::optional<proto::RegistrationResult> registered_after_all(const release::ReleaseId& id);
  void note_registered(const proto::RegistrationResult& registered);

  // publisher_seed.cpp: what follows it
  void seed();
  void hand_over();
  std::optional<proto::SeedStatus> ask(DaemonClient& daemon, bool asked_before);
  void hand_over_to(const proto::SeedStatus& status);
  void refresh(TrackerClient& tracker);
  GoalFacts facts_of(const proto::NodeCounts& nodes) const;
  void pause_or_stop();
  void take_stock();
  [[noreturn]] void stopped_seeding();

  std::string subject() const { return options_.release.str(); }
  std::string followed() const;
  Endpoint our_address() const;

  const PublishOptions& options_;
  const crypto::SecretKey* key_;
  PublishObserver& observer_;
  std::stop_token user_stop_;
  Deadline deadline_;
  TimedStop limit_;
  TrackerClient tracker_;
  PublishResult result_;
  std::optional<Known> known_;
  std::optional<release::BaseRelease> base_;
  bool registered_ = false;
  bool tracker_away_ = false;
  Clock::time_point seeding_since_;
  Clock::time_point daemon_heard_;
  proto::NodeCounts nodes_;

  WorkDir work_;
  std::unique_ptr<swarm::Session> session_;
  std::optional<Built> built_;
  std::unique_ptr<Seeding> seeding_;
};

}  // namespace roost::seeder
