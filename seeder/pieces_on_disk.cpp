#include "seeder/pieces_on_disk.hpp"

#include <fcntl.h>

#include <algorithm>

#include "core/base/fs.hpp"
#include "core/crypto/merkle.hpp"

namespace roost::seeder {

swarm::Bitmap pieces_on_disk(const std::filesystem::path& path, const proto::Metainfo& torrent,
                             const std::stop_token& stop) {
  swarm::Bitmap pieces(torrent.pieces(), false);
  const auto file = real_fs().open_path(path.string(), O_RDONLY);
  const auto& layer = torrent.piece_layer();
  Bytes bytes;
  for (std::size_t piece = 0; piece < pieces.size() && !stop.stop_requested(); ++piece) {
    const auto offset = piece * std::uint64_t{torrent.piece_length()};
    bytes.resize(std::min<std::uint64_t>(torrent.piece_length(), torrent.length() - offset));
    bytes.resize(real_fs().read(file.get(), bytes, offset));
    // A file of one piece has no layer: its hash is the root, over its own length.
    pieces[piece] = layer.empty()
                        ? crypto::piece_hash(bytes, 0) == torrent.pieces_root()
                        : crypto::piece_hash(bytes, torrent.piece_length()) == layer[piece];
  }
  return pieces;
}

}  // namespace roost::seeder
