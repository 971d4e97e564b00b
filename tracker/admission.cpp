#include "tracker/admission.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/error.hpp"
#include "core/crypto/dsse.hpp"
#include "core/crypto/merkle.hpp"

namespace roost::tracker {
namespace {

using crypto::Envelope;
using crypto::PublicKey;

bool names_key(const Envelope& envelope, std::span<const PublicKey> keys) {
  return std::any_of(envelope.signatures.begin(), envelope.signatures.end(), [&](const auto& s) {
    return std::any_of(keys.begin(), keys.end(), [&](const PublicKey& key) {
      return s.key_id.empty() || key.id() == s.key_id;
    });
  });
}

// A signature by a key that has no say here is refused as such; one that claims
// to be of an accepted key and does not hold is damage.
void require_accepted_key(const Envelope& envelope, std::span<const PublicKey> accepted,
                          const std::string& what) {
  if (names_key(envelope, accepted)) return;
  throw Error(Errc::not_authorised,
              "accept " + what + ": signed by a key that may not publish here",
              "use the key that owns the name, or one the tracker was started with (--trust)");
}

// Bytes that came along are there if they are few, and are what was signed.
void check_bytes(const std::optional<Bytes>& bytes, const release::FilePart& part,
                 const char* what) {
  const bool wanted = part.size <= proto::kMaxInlineIndex;
  if (bytes.has_value() != wanted) {
    throw Error(Errc::usage,
                fmt::format("accept registration: the {} {}", what,
                            wanted ? "did not come along" : "must come by swarm: too many bytes"));
  }
  if (!bytes) return;
  crypto::MerkleHasher hasher;
  hasher.update(*bytes);
  const auto tree = hasher.finish();
  if (tree.size != part.size || tree.root != part.pieces_root) {
    throw Error(Errc::integrity,
                fmt::format("accept registration: other bytes of the {} than were signed", what));
  }
}

// The torrent of the patches, if they came along.
std::optional<proto::Metainfo> check_patches(const proto::Registration& registration,
                                             const std::optional<release::FilePart>& part) {
  if (!registration.patches_torrent) {
    if (!registration.patches) return std::nullopt;
    throw Error(Errc::usage, "accept registration: patches without their torrent");
  }
  if (!part) throw Error(Errc::usage, "accept registration: patches that were not signed");
  auto torrent = proto::Metainfo::parse(*registration.patches_torrent);
  torrent.require(*part, "patches torrent");
  check_bytes(registration.patches, *part, "patches");
  return torrent;
}

std::vector<release::VerifiedChannel> check_channels(const proto::Registration& registration,
                                                     const release::VerifiedDescriptor& descriptor,
                                                     std::span<const PublicKey> accepted) {
  std::vector<release::VerifiedChannel> channels;
  std::set<std::string> seen;
  for (const auto& envelope : registration.channels) {
    require_accepted_key(envelope, accepted, "channel statement");
    auto verified = release::verify_channel(envelope, accepted);
    const auto& statement = verified.statement();
    if (statement.release != descriptor.descriptor().release) {
      throw Error(Errc::usage, "move channel " + statement.channel.str() + ": it names " +
                                   statement.release.str() + ", not the release registered");
    }
    if (!seen.insert(statement.channel.str()).second) {
      throw Error(Errc::usage, "move channel " + statement.channel.str() + ": asked for twice");
    }
    channels.push_back(std::move(verified));
  }
  return channels;
}

}  // namespace

AdmittedRelease admit(const proto::Registration& registration, std::span<const PublicKey> trust) {
  const bool configured = !trust.empty();
  const auto accepted = configured ? trust : std::span(&registration.key, 1);
  require_accepted_key(registration.descriptor, accepted, "descriptor");
  auto descriptor = release::verify_descriptor(registration.descriptor, accepted);
  const auto& key = crypto::verify(registration.descriptor, accepted, release::kDescriptorType);
  const auto& signed_parts = descriptor.descriptor();

  auto index = proto::Metainfo::parse(registration.index_torrent);
  index.require(signed_parts.index, "index torrent");
  AdmittedRelease admitted({key, configured}, descriptor, std::move(index));
  if (registration.image_torrent.has_value() != (signed_parts.image.size > 0)) {
    throw Error(Errc::usage,
                "accept registration: an image torrent comes with an image, and only "
                "then");
  }
  if (registration.image_torrent) {
    admitted.image_ = proto::Metainfo::parse(*registration.image_torrent);
    admitted.image_->require(signed_parts.image, "image torrent");
  }
  check_bytes(registration.index, signed_parts.index, "index");
  admitted.index_bytes_ = registration.index;
  admitted.patches_ = check_patches(registration, signed_parts.patches);
  admitted.patches_bytes_ = registration.patches;
  admitted.channels_ = check_channels(registration, descriptor, accepted);
  admitted.seeder_ = registration.seeder;
  admitted.seeder_zone_ = registration.zone;
  return admitted;
}

release::VerifiedChannel admit_channel(const Envelope& statement, const PublicKey& owner,
                                       std::span<const PublicKey> trust) {
  const auto accepted = trust.empty() ? std::span(&owner, 1) : trust;
  require_accepted_key(statement, accepted, "channel statement");
  return release::verify_channel(statement, accepted);
}

release::VerifiedUnpublish admit_unpublish(const Envelope& statement, const PublicKey& owner,
                                           std::span<const PublicKey> trust) {
  const auto accepted = trust.empty() ? std::span(&owner, 1) : trust;
  require_accepted_key(statement, accepted, "unpublish statement");
  return release::verify_unpublish(statement, accepted);
}

}  // namespace roost::tracker
