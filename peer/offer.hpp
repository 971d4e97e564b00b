// A tracker's offer of a release, after everything in it that a node can check
// before it fetches a byte has been checked.
//
// Only verify_offer() makes one: a trusted key signed the descriptor and, if the
// offer came through a channel, the channel's statement; the statement names this
// very release; all torrents carry the Merkle roots, lengths and piece lengths
// that were signed, so nothing but the release's own bytes can come of them. The
// tracker itself is not trusted. Cheap to copy; immutable.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/crypto/keys.hpp"
#include "core/proto/metainfo.hpp"
#include "core/proto/offer.hpp"
#include "core/release/descriptor.hpp"
#include "core/release/statement.hpp"
#include "core/swarm/transfer.hpp"

namespace roost::peer {

class VerifiedOffer {
 public:
  const release::ReleaseId& id() const noexcept { return descriptor_.id(); }
  const release::Descriptor& descriptor() const noexcept { return descriptor_.descriptor(); }
  const release::VerifiedDescriptor& verified() const noexcept { return descriptor_; }
  const std::optional<release::VerifiedChannel>& channel() const noexcept { return channel_; }

  const Bytes& index_torrent() const noexcept { return parts_->index_torrent; }
  const Bytes& image_torrent() const noexcept { return parts_->image_torrent; }  // empty: no image
  const std::vector<Sha256>& image_layer() const noexcept { return parts_->image_layer; }
  const std::optional<Bytes>& inline_index() const noexcept { return parts_->inline_index; }
  // Empty: there are none, or the tracker doesn't offer them.
  const Bytes& patches_torrent() const noexcept { return parts_->patches_torrent; }
  const std::optional<Bytes>& inline_patches() const noexcept { return parts_->inline_patches; }
  const std::vector<swarm::Neighbour>& neighbours() const noexcept { return parts_->neighbours; }

  // What a node keeps beside the image so that it can share it again after a restart.
  const std::string& saved() const noexcept { return parts_->saved; }

 private:
  friend VerifiedOffer verify_offer(const proto::ReleaseOffer&, std::span<const crypto::PublicKey>);
  struct Parts {
    Bytes index_torrent, image_torrent, patches_torrent;
    std::vector<Sha256> image_layer;
    std::optional<Bytes> inline_index, inline_patches;
    std::vector<swarm::Neighbour> neighbours;
    std::string saved;
  };
  explicit VerifiedOffer(release::VerifiedDescriptor descriptor)
      : descriptor_(std::move(descriptor)) {}

  release::VerifiedDescriptor descriptor_;
  std::optional<release::VerifiedChannel> channel_;
  std::shared_ptr<const Parts> parts_;
};

// Whether these bytes are the very file that a descriptor names.
bool is_part(BytesView bytes, const release::FilePart& part);

// Throws Error{integrity} naming the release and what does not hold.
VerifiedOffer verify_offer(const proto::ReleaseOffer& offer,
                           std::span<const crypto::PublicKey> trusted);

}  // namespace roost::peer
