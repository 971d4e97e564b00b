#include "peer/reverify.hpp"

#include <fcntl.h>

#include <algorithm>

#include "core/base/fd.hpp"
#include "core/crypto/merkle.hpp"

namespace roost::peer {
namespace {

bool read_piece(int fd, std::uint64_t offset, Bytes& out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const auto got =
        ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    done += static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

swarm::Bitmap verified_pieces(const std::filesystem::path& image, const release::FilePart& part,
                              const std::vector<Sha256>& layer, const swarm::Bitmap& claimed,
                              const std::stop_token& stop) {
  swarm::Bitmap verified(claimed.size(), false);
  const UniqueFd fd(::open(image.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return verified;
  Bytes bytes;
  for (std::size_t piece = 0; piece < claimed.size(); ++piece) {
    if (stop.stop_requested()) break;
    if (!claimed[piece]) continue;
    const std::uint64_t offset = piece * std::uint64_t{part.piece_length};
    bytes.resize(std::min<std::uint64_t>(part.piece_length, part.size - offset));
    if (!read_piece(fd.get(), offset, bytes)) continue;
    const auto& expected = layer.empty() ? part.pieces_root : layer[piece];
    const bool whole_file = layer.empty();
    verified[piece] = crypto::piece_hash(bytes, whole_file ? 0 : part.piece_length) == expected;
  }
  return verified;
}

}  // namespace roost::peer
