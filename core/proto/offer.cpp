#include "core/proto/offer.hpp"

#include "core/crypto/base64.hpp"
#include "core/proto/json_fields.hpp"
#include "core/proto/metainfo.hpp"
#include "core/proto/registration.hpp"

namespace roost::proto {

OfferTemplate::OfferTemplate(const ReleaseOffer& offer) {
  Json json{{"release", offer.release.str()},
            {"release_id", offer.release_id.hex()},
            {"descriptor", to_value(offer.descriptor)},
            {"index_torrent", crypto::base64_encode(offer.index_torrent)}};
  if (offer.channel) json["channel"] = to_value(*offer.channel);
  if (offer.image_torrent) json["image_torrent"] = crypto::base64_encode(*offer.image_torrent);
  if (offer.index) json["index"] = crypto::base64_encode(*offer.index);
  if (offer.patches_torrent) {
    json["patches_torrent"] = crypto::base64_encode(*offer.patches_torrent);
  }
  if (offer.patches) json["patches"] = crypto::base64_encode(*offer.patches);
  head_ = dump(json);
  head_.back() = ',';  // where the object was closed
  head_ += "\"neighbours\":[";
}

std::string OfferTemplate::tail(std::span<const Neighbour> neighbours) {
  std::string out;
  out.reserve(neighbours.size() * 64 + 2);
  const char* separator = "";
  for (const auto& neighbour : neighbours) {  // an Endpoint has nothing to escape
    out += separator;
    out += "{\"addr\":\"" + neighbour.endpoint.str() + "\",\"seeder\":";
    out += neighbour.seeder ? "true}" : "false}";
    separator = ",";
  }
  return out += "]}";
}

std::string to_json(const ReleaseOffer& offer) {
  return OfferTemplate(offer).with(offer.neighbours);
}

ReleaseOffer parse_release_offer(std::string_view text) {
  const Context context{"release offer"};
  const Json json = parse_json(text, context);
  const Fields fields(json, context);
  ReleaseOffer offer{fields.parsed("release", &release::ReleaseRef::parse),
                     fields.parsed("release_id", &release::ReleaseId::parse),
                     fields.envelope("descriptor"),
                     std::nullopt,
                     fields.bytes("index_torrent", kMaxTorrent),
                     std::nullopt,
                     std::nullopt,
                     std::nullopt,
                     std::nullopt,
                     {}};
  if (fields.has("channel")) offer.channel = fields.envelope("channel");
  if (fields.has("image_torrent")) offer.image_torrent = fields.bytes("image_torrent", kMaxTorrent);
  if (fields.has("index")) offer.index = fields.bytes("index", kMaxInlineIndex);
  if (fields.has("patches_torrent")) {
    offer.patches_torrent = fields.bytes("patches_torrent", kMaxTorrent);
  }
  if (fields.has("patches")) offer.patches = fields.bytes("patches", kMaxInlineIndex);
  for (const auto& item : fields.list("neighbours", kMaxNeighbours)) {
    const Fields neighbour(item, context);
    offer.neighbours.push_back({neighbour.endpoint("addr"), neighbour.flag("seeder")});
  }
  return offer;
}

}  // namespace roost::proto
