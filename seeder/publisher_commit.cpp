// Signing and registering: everything up to the one transaction that counts.
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "core/proto/api.hpp"
#include "core/release/statement.hpp"
#include "seeder/hand_over.hpp"
#include "seeder/publisher.hpp"
#include "seeder/statements.hpp"

namespace roost::seeder {
namespace {

constexpr int kAttempts = 10;

std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::uint64_t version_of(const proto::NameState& state, const release::Channel& channel) {
  const auto found = state.channels.find(channel);
  return found == state.channels.end() ? 0 : found->second.version;
}

bool names(const proto::NameState& state, const release::Channel& channel,
           const release::ReleaseId& id) {
  const auto found = state.channels.find(channel);
  return found != state.channels.end() && found->second.release_id == id;
}

}  // namespace

void Publisher::commit() {
  observer_.on_phase(Phase::sign);
  const auto start = Clock::now();
  const auto finish = [&] {
    result_.sign_s = std::chrono::duration<double>(Clock::now() - start).count();
  };
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (known_ && commit_known()) return finish();
    share();
    if (limit_.token().stop_requested()) throw Error(Errc::interrupted, "register: stopped");
    if (const auto registered = try_to_register()) {
      finish();
      return note_registered(*registered);
    }
    known_ = look_up();
    if (known_) refuse_other_tree(*known_, result_.tree_bytes, result_.tree_digest);
  }
  throw Error(Errc::conflict,
              fmt::format("publish {}: others were faster {} times", subject(), kAttempts),
              "several publishers are at work on this name; try again");
}

// The release is registered: true when nothing is left to seed from here.
bool Publisher::commit_known() {
  result_.same_bytes = built_->same_bytes(known_->descriptor);
  if (result_.same_bytes) {
    adopt(*known_);
  } else {
    result_.patches_bytes = 0;
  }
  if (!nothing_to_seed()) return false;
  if (!result_.same_bytes) {
    observer_.on_note(fmt::format(
        "{} is registered with other bytes for the same tree; they can't be seeded from here",
        subject()));
  }
  move_channels();
  note_registered({known_->summary.release_id, false, known_->summary.sequence,
                   known_->summary.nodes.following, 0});
  seeding_.reset();
  return true;
}

bool Publisher::nothing_to_seed() const {
  if (!result_.same_bytes) return true;
  if (options_.seeder) return false;  // the daemon is asked, whatever it has
  if (!has_deadline(options_.goal)) return false;
  return std::holds_alternative<Done>(evaluate(options_.goal, facts_of(known_->summary.nodes)));
}

void Publisher::move_channels() {
  for (const auto& channel : options_.channels) {
    promote(tracker_, *key_, options_.release, channel);
  }
}

// Seeds under the registered torrents: they may be hybrids, or ours may.
void Publisher::adopt(const Known& known) {
  auto index = proto::Metainfo::parse(tracker_.index_torrent(known.summary.release_id));
  index.require(known.descriptor.index, "registered index torrent");
  std::optional<proto::Metainfo> image;
  if (known.descriptor.image.size > 0) {
    image = proto::Metainfo::parse(tracker_.image_torrent(known.summary.release_id));
    image->require(known.descriptor.image, "registered image torrent");
  }
  if (index.encode() != built_->index.encode() ||
      (image && image->encode() != built_->image->encode())) {
    seeding_.reset();
  }
  built_->index = std::move(index);
  built_->image = std::move(image);
  adopt_patches(known);
  result_.info_hash = built_->info_hash();
}

// Before the registration: the nodes dial within milliseconds after it.
void Publisher::share() {
  if (!seeding_) seeding_ = std::make_unique<Seeding>(*session_, *built_);
}

crypto::Envelope Publisher::sign_descriptor(std::uint64_t sequence) const {
  if (known_) {
    auto envelope = known_->envelope;
    const auto ours = [&](const auto& s) { return s.key_id == key_->public_key().id(); };
    if (std::ranges::none_of(envelope.signatures, ours)) crypto::add_signature(envelope, *key_);
    return envelope;
  }
  const Signing signing{
      options_.release,
      sequence,
      base_,
      {options_.created.value_or(unix_now()), "roost " ROOST_VERSION, options_.builder}};
  const auto payload = release::serialise(describe(*built_, signing));
  return crypto::sign_envelope(release::kDescriptorType, as_bytes(payload), *key_);
}

proto::Registration Publisher::registration() {
  const auto state = tracker_.name_state(options_.release.name);
  auto envelope = sign_descriptor(state.sequence + 1);
  const auto id = release::release_id_of(envelope.payload);
  std::vector<crypto::Envelope> channels;
  for (const auto& channel : options_.channels) {
    if (names(state, channel, id)) continue;
    channels.push_back(sign_channel(*key_, {options_.release.name, channel},
                                    version_of(state, channel), options_.release, id));
  }
  return {std::move(envelope),
          key_->public_key(),
          built_->index.encode(),
          built_->image ? std::optional(built_->image->encode()) : std::nullopt,
          built_->index_bytes,
          built_->patches ? std::optional(built_->patches->encode()) : std::nullopt,
          built_->patches_bytes,
          std::move(channels),
          our_address(),
          options_.zone};
}

// Nothing if another publisher was faster.
std::optional<proto::RegistrationResult> Publisher::try_to_register() {
  const auto request = registration();
  const auto id = release::release_id_of(request.descriptor.payload);
  try {
    const auto answer = tracker_.register_release(request);
    const auto* result = std::get_if<proto::RegistrationResult>(&answer);
    // Kept under another id: the same tree was registered between our looks.
    if (result == nullptr || result->release_id != id) return std::nullopt;
    return *result;
  } catch (const Error& error) {
    if (!limit_.token().stop_requested()) throw;
    if (auto result = registered_after_all(id)) return result;
    throw;
  }
}

// A stop may have cut off the answer and not the request: what holds is what the
// tracker has, and the user must be told that.
std::optional<proto::RegistrationResult> Publisher::registered_after_all(
    const release::ReleaseId& id) {
  try {
    TrackerClient tracker(options_.tracker, {}, std::chrono::milliseconds(500));
    const auto summary = tracker.release(id);
    if (!summary) return std::nullopt;
    return proto::RegistrationResult{id, !known_, summary->sequence, summary->nodes.following, 0};
  } catch (const Error&) {
    return std::nullopt;
  }
}

void Publisher::note_registered(const proto::RegistrationResult& registered) {
  registered_ = true;
  seeding_since_ = Clock::now();
  result_.release_id = registered.release_id;
  result_.created = registered.created && !known_;
  result_.sequence = registered.sequence;
  result_.followers = registered.followers;
  result_.committed_ms = registered.committed_ms;
  nodes_.following = registered.followers;
  if (seeding_) seeding_->announce(tracker_.announce_url());
  observer_.on_registered(result_);
}

}  // namespace roost::seeder
