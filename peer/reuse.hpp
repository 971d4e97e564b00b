// What a node need not fetch, since images of other releases on its root hold it.
//
// Any release of any name serves. The images are hints and nothing more: what they hold
// is verified before it counts (core/release/image_fill.hpp), and an image that can't be
// read is passed over with a line in the log. Blocking; any thread.
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
  std::map<std::string, std::uint64_t> from;          // bytes by NAME@VERSION
};

// Whether there is an image beside this release's own.
bool has_other_images(const store::Root& root, const release::ReleaseId& id);

// Fills the release's image, whose pieces `have` are there already. Throws Error: no_space,
// failed from writing it; interrupted.
Reuse reuse_images(const store::Root& root, const VerifiedOffer& offer, const release::Index& index,
                   const store::Image& image, const swarm::Bitmap& have,
                   const std::stop_token& stop);

}  // namespace roost::peer
