#include "bench/fanout/torrent.hpp"

#include <fmt/format.h>

#include "core/base/bytes.hpp"
#include "core/crypto/merkle.hpp"
#include "core/crypto/sha1.hpp"
#include "core/proto/bencode.hpp"

namespace roost::bench {

Torrent make_torrent(const std::filesystem::path& file, std::uint32_t piece_length) {
  const auto size = std::filesystem::file_size(file);
  if (piece_length == 0) piece_length = crypto::piece_length_for(size);
  proto::BWriter info;
  info.dict();
  info.key("length").integer(static_cast<std::int64_t>(size));
  info.key("name").string(file.filename().string());
  info.key("piece length").integer(piece_length);
  info.key("pieces").string(crypto::sha1_pieces(file, piece_length));
  info.key("private").integer(1);
  info.end();
  const auto dict = info.take();
  Torrent torrent;
  torrent.file = "d4:info" + dict + "e";
  for (const auto byte : crypto::sha1(as_bytes(dict))) {
    torrent.info_hash_hex += fmt::format("{:02x}", byte);
    torrent.info_hash_escaped += fmt::format("%{:02x}", byte);
  }
  return torrent;
}

}  // namespace roost::bench
