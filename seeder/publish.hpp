// Publishes a tree: scan, pack, sign, register, seed. Straight-line and blocking.
//
// The tracker's one transaction is the commit point: before it a failure or a stop
// leaves nothing behind but what the tracker had; after it the error says what is
// registered. Files lie in a private directory that is gone on every way out.
// publish() calls the observer on its own thread. Throws Error: usage (the tree can't
// be carried), conflict (registered with another tree), not_authorised, deadline (not
// registered in time), partial (registered, but fewer have it than asked), interrupted,
// what fetch_base() throws for a base that was named, and what tracker and swarm throw.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/endpoint.hpp"
#include "core/crypto/keys.hpp"
#include "core/net/url.hpp"
#include "core/release/names.hpp"
#include "core/release/pack.hpp"
#include "core/release/scan.hpp"
#include "core/swarm/session.hpp"
#include "seeder/goal.hpp"

namespace roost::seeder {

// Chunks that the base lacks come first in the image; for that its index alone is needed.
struct ChannelsBase {};  // what the first channel names now; none if that index can't be had soon
struct NoBase {};
using BaseChoice = std::variant<ChannelsBase, NoBase, release::ReleaseRef>;

// Every member but the first three has a default, so that it can be made from those.
struct PublishOptions {
  std::string path;
  release::ReleaseRef release;
  net::Url tracker;
  std::vector<release::Channel> channels = {};
  Goal goal = Copies{};
  std::optional<net::Url> seeder = {};  // a daemon that takes over; the goal is then not looked at
  BaseChoice base = ChannelsBase{};     // of no account if the release is registered: then its own
  std::vector<std::string> excludes = {};
  release::ExternalLinks external_links = release::ExternalLinks::refuse;
  bool patches = true;  // made where the base has somebody to give what they are made from
  bool hybrid = false;
  bool dry_run = false;
  unsigned threads = 0;
  std::chrono::milliseconds timeout = std::chrono::minutes(30);
  std::filesystem::path work_dir = {};       // holds the private directory; empty: TMPDIR or /tmp
  swarm::SessionConfig swarm = {};           // listen, advertise, limits, dscp
  std::string zone = {};                     // where this machine is; may be empty
  std::string builder = {};                  // provenance; may be empty
  std::optional<std::int64_t> created = {};  // Unix seconds; nothing: now
};

enum class Phase { scan, base, pack, patch, sign, seed };
std::string_view to_text(Phase phase) noexcept;

struct PublishResult {
  explicit PublishResult(release::ReleaseRef ref) : release(std::move(ref)) {}

  release::ReleaseRef release;
  std::optional<release::ReleaseId> release_id;  // nothing after a dry run
  std::string info_hash;                         // v2, of the image; of the index if that is empty
  std::uint64_t sequence = 0;
  bool created = false;    // false: the same tree was registered before
  bool same_bytes = true;  // false: registered with other bytes, so not seeded from here
  std::vector<release::Channel> channels;
  Sha256 tree_digest;
  std::uint64_t tree_bytes = 0, files = 0, entries = 0, chunks = 0;
  std::uint64_t index_bytes = 0, image_bytes = 0;
  std::optional<release::ReleaseRef> base;      // what it was packed against
  std::uint64_t new_chunks = 0, new_bytes = 0;  // that the base lacks; all without one
  std::uint64_t patches_bytes = 0;              // for nodes that have the base; 0: none
  std::uint64_t excluded = 0, omitted = 0;
  std::uint32_t followers = 0;     // at the moment of registration
  std::uint64_t committed_ms = 0;  // of the registration; Unix, by the tracker's clock
  double copies = 0;               // when seeding ended
  std::uint32_t staged = 0;        // nodes, likewise
  std::uint64_t uploaded = 0;      // payload bytes
  std::string ended;               // why it stopped seeding
  // Seconds; pack is reading, cutting, compressing and hashing, patch also fetching of the base.
  double scan_s = 0, base_s = 0, pack_s = 0, patch_s = 0, sign_s = 0, seed_s = 0;
};

struct SeedingNews {
  std::string text;  // what is waited for
  GoalFacts facts;
  std::uint64_t uploaded = 0;
  std::uint64_t upload_rate = 0;
  double remote = 0;  // share that the daemon has, 0 to 1; with PublishOptions::seeder
};

struct PublishObserver {
  virtual ~PublishObserver() = default;
  virtual void on_phase(Phase /*phase*/) {}
  virtual void on_scanned(std::uint64_t /*files*/, std::uint64_t /*bytes*/) {}
  virtual void on_packing(const release::PackProgress& /*progress*/) {}
  // Of the base's image, for patches; in phase `patch`.
  virtual void on_fetching_base(std::uint64_t /*bytes*/, std::uint64_t /*of*/) {}
  // Of the image's new chunks; after that, in the same phase.
  virtual void on_patching(std::uint64_t /*bytes*/, std::uint64_t /*of*/) {}
  virtual void on_packed(const PublishResult& /*so_far*/) {}  // nothing is registered yet
  virtual void on_registered(const PublishResult& /*so_far*/) {}
  virtual void on_seeding(const SeedingNews& /*news*/) {}
  virtual void on_note(const std::string& /*text*/) {}  // worth a line, no error
};

PublishResult publish(const PublishOptions& options, const crypto::SecretKey& key,
                      PublishObserver& observer, const std::stop_token& stop);

// A dry run needs no key, and no tracker unless there is a channel or a base.
PublishResult publish_dry(const PublishOptions& options, PublishObserver& observer,
                          const std::stop_token& stop);

}  // namespace roost::seeder
