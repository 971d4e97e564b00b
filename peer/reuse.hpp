// What a node need not fetch, since images of other releases on its root hold it.
//
// Any release of any name serves, and where the release's base is among them, its patches
// make new chunks of old ones (core/release/patches.hpp). The images are hints and nothing more:
// what they hold is verified before it counts (core/release/image_fill.hpp), and an image that
// can't be read is passed over with a line in the log. Blocking; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>

#include "core/release/index.hpp"
#include "core/store/images.hpp"
#include "core/swarm/transfer.hpp"
#include "peer/offer.hpp"

namespace roost::peer {

struct Reuse {
  swarm::Bitmap have;                                 // verified pieces, with those given
  std::map<std::uint32_t, swarm::Bitmap> unfinished;  // as TransferOptions has it
  // Bytes by NAME@VERSION; what patches made counts as their base's.
  std::map<std::string, std::uint64_t> from;
};

// What there is beside the release's own image.
enum class AtHand {
  nothing,
  other_images,
  base_image,  // the whole image of its base among them, so that patches are of use
};
AtHand at_hand(const store::Root& root, const VerifiedOffer& offer);

enum class Patches { none, here };  // whether the image's directory has them, verified

// Fills the release's image, whose pieces `have` are there already. Throws Error: no_space,
// failed from writing it; interrupted.
Reuse reuse_images(const store::Root& root, const VerifiedOffer& offer, const release::Index& index,
                   const store::Image& image, Patches patches, const swarm::Bitmap& have,
                   const std::stop_token& stop);

}  // namespace roost::peer
