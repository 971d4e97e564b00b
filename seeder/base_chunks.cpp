#include "seeder/base_chunks.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/proto/metainfo.hpp"
#include "core/release/image_map.hpp"

namespace roost::seeder {
namespace {

proto::Metainfo checked_image(const Base& base) {
  if (!base.offer.image_torrent) {
    throw Error(Errc::integrity, "check image torrent: the offer has none");
  }
  auto torrent = proto::Metainfo::parse(*base.offer.image_torrent);
  torrent.require(base.descriptor.image, "image torrent");
  // Signed, but by somebody who may be wrong: pieces are counted by the one, chunks by the other.
  if (torrent.length() != base.index.image_bytes()) {
    throw Error(Errc::integrity, "check image torrent: it is of another image than the index");
  }
  return torrent;
}

swarm::Bitmap pieces_with(const std::vector<bool>& chunks, const release::ImageMap& map) {
  swarm::Bitmap pieces(map.pieces(), false);
  for (std::uint32_t chunk = 0; chunk < map.chunks(); ++chunk) {
    if (!chunks[chunk]) continue;
    const auto range = map.pieces_of(chunk);
    std::fill(pieces.begin() + range.first, pieces.begin() + range.end, true);
  }
  return pieces;
}

}  // namespace

void fetch_chunks(swarm::Session& session, const Base& base, const ChunkFetch& fetch,
                  const std::stop_token& stop) {
  const auto torrent = checked_image(base);
  const release::ImageMap map(base.index, torrent.piece_length());
  PartFetch part{"chunks of " + base.name.release.str(),
                 torrent.encode(),
                 base.offer.neighbours,
                 fetch.file,
                 pieces_with(fetch.chunks, map),
                 fetch.patience,
                 {}};
  const auto count = std::count(part.wanted.begin(), part.wanted.end(), true);
  if (count == 0) return;
  const auto bytes = [&](std::uint64_t pieces) {
    return std::min(pieces * torrent.piece_length(), torrent.length());
  };
  if (fetch.progress) {
    part.progress = [&](std::uint32_t pieces) {
      fetch.progress(bytes(pieces), bytes(static_cast<std::uint64_t>(count)));
    };
  }
  fetch_part(session, part, stop);
}

}  // namespace roost::seeder
