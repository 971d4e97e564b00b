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
  if (offer.index) {
    crypto::MerkleHasher hasher;
    hasher.update(*offer.index);
    const auto tree = hasher.finish();
    check_same(tree.size == descriptor.index.size && tree.root == descriptor.index.pieces_root,
               offer.release, "the index in it is not the signed one");
    parts->inline_index = offer.index;
  }
  for (const auto& neighbour : offer.neighbours) {
    parts->neighbours.push_back({neighbour.endpoint, neighbour.seeder});
  }
  proto::ReleaseOffer kept = offer;
  kept.neighbours.clear();
  kept.index.reset();
  parts->saved = proto::to_json(kept);
  verified.parts_ = std::move(parts);
  return verified;
}

}  // namespace roost::peer
