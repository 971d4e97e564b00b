// What the tracker tells a node about one release: GET /v1/offers/..., and the
// data of a `release` event. Everything a node needs to verify and to dial.
//
// Nothing in it is trusted but through the descriptor's signature: check it,
// then Metainfo::require() the torrents against it. Pure; any thread. The
// parser throws Error{integrity} naming the field.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/endpoint.hpp"
#include "core/crypto/dsse.hpp"
#include "core/release/names.hpp"

namespace roost::proto {

inline constexpr std::size_t kMaxNeighbours = 1024;

struct Neighbour {
  Endpoint endpoint;
  bool seeder = false;  // had everything when the tracker last heard
  bool operator==(const Neighbour&) const = default;
};

struct ReleaseOffer {
  release::ReleaseRef release;
  release::ReleaseId release_id;
  crypto::Envelope descriptor;
  std::optional<crypto::Envelope> channel;  // the statement, when a channel was followed
  Bytes index_torrent;
  std::optional<Bytes> image_torrent;    // absent when the image is empty
  std::optional<Bytes> index;            // where the tracker spares the swarm that errand
  std::optional<Bytes> patches_torrent;  // absent when there are none
  std::optional<Bytes> patches;          // as the index
  std::vector<Neighbour> neighbours;
};

std::string to_json(const ReleaseOffer& offer);
ReleaseOffer parse_release_offer(std::string_view json);

// One offer for a whole fleet: all but the neighbours is serialised once.
class OfferTemplate {
 public:
  explicit OfferTemplate(const ReleaseOffer& offer);  // its neighbours are left out

  // The same text as to_json() with these neighbours.
  std::string with(std::span<const Neighbour> neighbours) const { return head_ + tail(neighbours); }

  // The two parts of with(): the head is the same for all, so a tracker can
  // send one copy of it to every node.
  const std::string& head() const noexcept { return head_; }
  static std::string tail(std::span<const Neighbour> neighbours);

 private:
  std::string head_;  // up to and including "neighbours":[
};

}  // namespace roost::proto
