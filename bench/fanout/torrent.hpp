// The BitTorrent v1 torrent of one file (BEP 3), for clients that are not ours.
//
// Private, no tracker in it: the command line names that. Pure but for reading the
// file. Throws Error as open and read do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace roost::bench {

struct Torrent {
  std::string file;  // the .torrent
  std::string info_hash_hex;
  std::string info_hash_escaped;  // for a URL
};

// piece_length 0: one that gives about 1,000 pieces, as small pieces spread sooner.
Torrent make_torrent(const std::filesystem::path& file, std::uint32_t piece_length = 0);

}  // namespace roost::bench
