// The writing half: every change is one transaction.
#include "tracker/registry.hpp"

#include <fmt/format.h>

#include "core/proto/metainfo.hpp"
#include "tracker/registry_impl.hpp"
#include "tracker/registry_schema.hpp"

namespace roost::tracker {
namespace {

// SQLite's integers are signed; sequences and versions rise by one from 1.
std::int64_t number(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

Sha256 digest(const Bytes& bytes) {
  Sha256 result;
  if (bytes.size() != result.bytes.size()) {
    throw Error(Errc::integrity, "read registry: a digest of the wrong length");
  }
  std::copy(bytes.begin(), bytes.end(), result.bytes.begin());
  return result;
}

std::optional<Bytes> torrent(const std::optional<proto::Metainfo>& info) {
  return info ? std::optional(info->encode()) : std::nullopt;
}

}  // namespace

Registry::Registry(const std::filesystem::path& file) : impl_(std::make_unique<Impl>(file)) {
  open_schema(impl_->database);
}

Registry::~Registry() = default;

void Registry::Impl::own(const AdmittedRelease& release, std::uint64_t sequence) {
  const auto& descriptor = release.descriptor().descriptor();
  const auto& name = descriptor.release.name.str();
  const auto& key = release.signer().key;
  auto found = database.prepare("SELECT owner, sequence FROM names WHERE name = ?");
  const bool known = found.bind(1, name).step();
  if (known && !release.signer().configured && as_text(found.blob(0)) != as_text(key.raw())) {
    throw Error(Errc::not_authorised,
                fmt::format("register {}: {} belongs to another key than {}",
                            descriptor.release.str(), name, key.short_id()),
                "use the key that registered it first");
  }
  const std::uint64_t last = known ? static_cast<std::uint64_t>(found.integer(1)) : 0;
  if (sequence == 0) return;  // only the owner was asked for
  if (sequence != last + 1) {
    throw Raced(fmt::format("register {}: its sequence is {}, the next one is {}",
                            descriptor.release.str(), sequence, last + 1));
  }
  database
      .prepare(
          "INSERT INTO names (name, owner, sequence) VALUES (?, ?, ?) "
          "ON CONFLICT (name) DO UPDATE SET sequence = excluded.sequence")
      .bind(1, name)
      .bind(2, key.raw())
      .bind(3, number(sequence))
      .run();
}

void Registry::Impl::insert(const AdmittedRelease& release, std::int64_t now) {
  const auto& descriptor = release.descriptor().descriptor();
  if (descriptor.patches.has_value() != release.patches().has_value()) {
    throw Error(Errc::usage,
                "register " + descriptor.release.str() + ": the torrent of its patches is missing");
  }
  database
      .prepare(
          "INSERT INTO releases (id, name, version, sequence, tree_digest, descriptor, "
          "index_torrent, image_torrent, index_bytes, patches_torrent, patches_bytes, seeder, "
          "seeder_zone, registered) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(1, BytesView(release.descriptor().id().digest.bytes))
      .bind(2, descriptor.release.name.str())
      .bind(3, descriptor.release.version.str())
      .bind(4, number(descriptor.sequence))
      .bind(5, BytesView(descriptor.tree_digest.bytes))
      .bind(6, crypto::serialise(release.descriptor().envelope()))
      .bind(7, BytesView(release.index().encode()))
      .bind(8, torrent(release.image()))
      .bind(9, release.index_bytes())
      .bind(10, torrent(release.patches()))
      .bind(11, release.patches_bytes())
      .bind(12, release.seeder().str())
      .bind(13, release.seeder_zone())
      .bind(14, now)
      .run();
}

// If the version is registered already: checks that it is the same tree, notes
// who serves it now, and fills in recorded.
bool Registry::Impl::keep(const AdmittedRelease& release, Recorded& recorded) {
  const auto& descriptor = release.descriptor().descriptor();
  auto found = database.prepare(
      "SELECT id, tree_digest, sequence, unpublished, index_torrent, image_torrent "
      "FROM releases WHERE name = ? AND version = ?");
  found.bind(1, descriptor.release.name.str()).bind(2, descriptor.release.version.str());
  if (!found.step()) return false;
  if (!found.null(3)) {
    throw Error(Errc::conflict, "register " + descriptor.release.str() + ": it was unpublished",
                "choose another version: a withdrawn one is never used again");
  }
  if (digest(found.blob(1)) != descriptor.tree_digest) {
    throw Error(Errc::conflict,
                "register " + descriptor.release.str() + ": it is registered with another tree",
                "choose another version: a release never changes");
  }
  own(release, 0);
  recorded.id = {digest(found.blob(0))};
  recorded.sequence = static_cast<std::uint64_t>(found.integer(2));
  // Another image of the same tree (by another base) is another swarm: its
  // seeder has nothing for this one.
  const auto image = torrent(release.image());
  const bool same_swarms = found.blob(4) == release.index().encode() &&
                           found.null(5) == !image.has_value() &&
                           (!image || found.blob(5) == *image);
  if (same_swarms) {
    database.prepare("UPDATE releases SET seeder = ?, seeder_zone = ? WHERE id = ?")
        .bind(1, release.seeder().str())
        .bind(2, release.seeder_zone())
        .bind(3, BytesView(recorded.id.digest.bytes))
        .run();
  }
  return true;
}

Recorded Registry::record(const AdmittedRelease& release, std::int64_t now) {
  const auto& descriptor = release.descriptor().descriptor();
  Transaction transaction(impl_->database);
  Recorded recorded;
  if (!impl_->keep(release, recorded)) {
    impl_->own(release, descriptor.sequence);
    impl_->insert(release, now);
    recorded = {release.descriptor().id(), descriptor.sequence, true, {}};
  }
  for (const auto& statement : release.channels()) {
    if (impl_->move(statement, now)) {
      recorded.moved.push_back(*impl_->channel(statement.statement().channel));
    }
  }
  transaction.commit();
  return recorded;
}

bool Registry::Impl::move(const release::VerifiedChannel& verified, std::int64_t now) {
  const auto& statement = verified.statement();
  const auto& ref = statement.channel;
  const auto at = channel(ref);
  if (at && at->state.version == statement.version &&
      at->state.release_id == statement.release_id) {
    return false;
  }
  const std::uint64_t last = at ? at->state.version : 0;
  if (statement.version != last + 1) {
    throw Raced(fmt::format("move channel {}: the statement's version is {}, the next one is {}",
                            ref.str(), statement.version, last + 1));
  }
  auto found = database.prepare(
      "SELECT id FROM releases WHERE name = ? AND version = ? "
      "AND unpublished IS NULL");
  found.bind(1, statement.release.name.str()).bind(2, statement.release.version.str());
  if (!found.step()) {
    throw Error(Errc::not_found, "move channel " + ref.str() + ": no release " +
                                     statement.release.str() + " is registered");
  }
  if (digest(found.blob(0)) != statement.release_id.digest) {
    throw Raced(fmt::format("move channel {}: {} is registered under release id {}, not {}",
                            ref.str(), statement.release.str(),
                            release::ReleaseId{digest(found.blob(0))}.short_hex(),
                            statement.release_id.short_hex()));
  }
  database
      .prepare(
          "INSERT INTO channel_moves (name, channel, version, release_id, statement, moved) "
          "VALUES (?, ?, ?, ?, ?, ?)")
      .bind(1, ref.name.str())
      .bind(2, ref.channel.str())
      .bind(3, number(statement.version))
      .bind(4, BytesView(statement.release_id.digest.bytes))
      .bind(5, crypto::serialise(verified.envelope()))
      .bind(6, now)
      .run();
  return true;
}

std::optional<proto::ChannelInfo> Registry::move(const release::VerifiedChannel& statement,
                                                 std::int64_t now) {
  Transaction transaction(impl_->database);
  if (!impl_->move(statement, now)) return std::nullopt;
  auto moved = impl_->channel(statement.statement().channel);
  transaction.commit();
  return moved;
}

void Registry::withdraw(const release::VerifiedUnpublish& verified, std::int64_t now) {
  const auto& statement = verified.statement();
  const auto what = "unpublish " + statement.release.str();
  Transaction transaction(impl_->database);
  const auto found = release(statement.release);
  if (!found) throw Error(Errc::not_found, what + ": no such release is registered");
  if (found->id != statement.release_id) {
    throw Error(Errc::conflict, what + ": its release id is " + found->id.short_hex() + ", not " +
                                    statement.release_id.short_hex());
  }
  const auto naming = channels_naming(found->id);
  if (!naming.empty()) {
    throw Error(Errc::conflict, what + ": channel " + naming.front().str() + " names it",
                "promote another release to that channel first");
  }
  impl_->database.prepare("UPDATE releases SET unpublished = ?, withdrawal = ? WHERE id = ?")
      .bind(1, now)
      .bind(2, crypto::serialise(verified.envelope()))
      .bind(3, BytesView(found->id.digest.bytes))
      .run();
  transaction.commit();
}

}  // namespace roost::tracker
