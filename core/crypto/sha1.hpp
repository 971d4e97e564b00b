// SHA-1 (RFC 3174), for the parts of BitTorrent v1 that hybrid torrents carry.
//
// Nothing of ours trusts it: v2's SHA-256 tree covers the same bytes. The
// hasher is for one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>

#include "core/base/bytes.hpp"

namespace roost::crypto {

using Sha1 = std::array<std::uint8_t, 20>;

Sha1 sha1(BytesView bytes);

// The SHA-1 of each piece of a file, one after another: the `pieces` string of
// BEP 3. The last piece is as long as the file leaves it. Throws Error as open
// and read do.
Bytes sha1_pieces(const std::filesystem::path& file, std::uint32_t piece_length);

}  // namespace roost::crypto
