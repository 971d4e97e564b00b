// What a node need not fetch, since images of other releases on its root hold it.
//
// Any release of any name serves, and where the release's base is among them, its patches
// make new chunks of old ones (core/release/patches.hpp). The images are hints and nothing more:
// what they hold is verified before it counts, and an image that can't be read is passed over with
// a line in the log. What is_all() is expanded first, since a tree is there sooner than its image
// (core/release/expand_local.hpp), and fills the image then (core/release/image_fill.hpp).
// Blocking; one thread at a time. Errors: no_space and failed from writing; interrupted.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "core/release/expand.hpp"
#include "core/release/image_fill.hpp"
#include "core/release/index.hpp"
#include "core/store/images.hpp"
#include "core/swarm/transfer.hpp"
#include "peer/offer.hpp"

namespace roost::peer {

// What there is beside the release's own image; each is more than the one before.
enum class AtHand {
  nothing,
  other_images,
  base_image,  // the whole image of its base among them, so that patches are of use
};
AtHand at_hand(const store::Root& root, const VerifiedOffer& offer);

enum class Patches { none, here };  // whether the image's directory has them, verified

class Reuse {
 public:
  // Looks for them; `have` are the pieces of the release's own image that are there. All given
  // outlives this.
  Reuse(const store::Root& root, const VerifiedOffer& offer, const release::Index& index,
        const store::Image& image, Patches patches, swarm::Bitmap have);
  ~Reuse();

  // Whether nothing need be fetched, unless something here is rotten.
  bool is_all() const;

  // Writes what is here to the tree. One bit a chunk: the tree has it.
  std::vector<bool> expand(release::TreeSink& tree, const std::stop_token& stop);

  // Fills the release's image: which pieces and blocks are there now. Once.
  release::Filled fill(const std::stop_token& stop);

  // Bytes of the image by the NAME@VERSION whose image gave them, to the last of expand() and
  // fill(); what patches made counts as their base's.
  const std::map<std::string, std::uint64_t>& from() const noexcept { return from_; }

 private:
  struct Sources;

  void count(const std::vector<std::uint64_t>& from);

  const store::Root& root_;
  const VerifiedOffer& offer_;
  const release::Index& index_;
  const store::Image& image_;
  swarm::Bitmap have_;
  std::unique_ptr<Sources> sources_;
  std::map<std::string, std::uint64_t> from_;
};

}  // namespace roost::peer
