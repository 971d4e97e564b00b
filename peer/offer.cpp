#include "peer/offer.hpp"

#include "core/base/error.hpp"

namespace roost::peer {
namespace {

void check_same(bool same, const release::ReleaseRef& release, const char* what) {
  if (same) return;
  throw Error(Errc::integrity, "verify offer of " + release.str() + ": " + what,
              "the tracker's answer contradicts what was signed; check the tracker");
}

}  // namespace

bool is_part(BytesView bytes, const release::FilePart& part) {
  crypto::MerkleHasher hasher;
  hasher.update(bytes);
  return release::FilePart::of(hasher.finish()) == part;
}

VerifiedOffer verify_offer(const proto::ReleaseOffer& offer,
                           std::span<const crypto::PublicKey> trusted) {
  VerifiedOffer verified(release::verify_descriptor(offer.descriptor, trusted));
  const auto& descriptor = verified.descriptor();
  check_same(verified.id() == offer.release_id && descriptor.release == offer.release,
             offer.release, "the signed descriptor is another release's");
  if (offer.channel) {
    verified.channel_ = release::verify_channel(*offer.channel, trusted);
    const auto& statement = verified.channel_->statement();
    check_same(statement.release_id == verified.id() && statement.release == descriptor.release,
               offer.release, "the channel's signed statement names another release");
  }

  auto parts = std::make_shared<VerifiedOffer::Parts>();
  const auto index = proto::Metainfo::parse(offer.index_torrent);
  index.require(descriptor.index, "index torrent of " + descriptor.release.str());
  parts->index_torrent = index.encode();
  check_same(offer.image_torrent.has_value() == (descriptor.image.size > 0), offer.release,
             "an image torrent is missing, or is there for an empty image");
  if (offer.image_torrent) {
    const auto image = proto::Metainfo::parse(*offer.image_torrent);
    image.require(descriptor.image, "image torrent of " + descriptor.release.str());
    parts->image_torrent = image.encode();
    parts->image_layer = image.piece_layer();
  }
  check_same(!offer.patches_torrent || descriptor.patches, offer.release,
             "there is a torrent of patches, and none are signed");
  if (offer.patches_torrent) {
    const auto patches = proto::Metainfo::parse(*offer.patches_torrent);
    patches.require(*descriptor.patches, "patches torrent of " + descriptor.release.str());
    parts->patches_torrent = patches.encode();
  }
  if (offer.index) {
    check_same(is_part(*offer.index, descriptor.index), offer.release,
               "the index in it is not the signed one");
    parts->inline_index = offer.index;
  }
  if (offer.patches) {
    check_same(descriptor.patches && is_part(*offer.patches, *descriptor.patches), offer.release,
               "the patches in it are not the signed ones");
    parts->inline_patches = offer.patches;
  }
  for (const auto& neighbour : offer.neighbours) {
    parts->neighbours.push_back({neighbour.endpoint, neighbour.seeder});
  }
  proto::ReleaseOffer kept = offer;
  kept.neighbours.clear();
  kept.index.reset();
  kept.patches.reset();
  parts->saved = proto::to_json(kept);
  verified.parts_ = std::move(parts);
  return verified;
}

}  // namespace roost::peer
