// A file of a release, or some pieces of it, from those whom an offer names.
//
// The release is not ours to serve: we tell no tracker of us, and leave when we have what we
// want. Every piece is verified against the torrent, which must have been checked before.
// Blocks. Throws Error "fetch WHAT: ...": unavailable when nobody gives it in time (at once
// where the offer names nobody), interrupted at the stop, and what Session::add() throws.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/proto/offer.hpp"
#include "core/swarm/session.hpp"

namespace roost::seeder {

// How long peers may take. Where the tracker knows none there is no wait at all.
struct Patience {
  std::chrono::milliseconds silence = std::chrono::seconds(15);  // without a piece
  std::chrono::milliseconds in_all = std::chrono::hours(24);
};

// For what nobody asked for: it may cost a minute at the most, and seconds where nobody sends.
inline constexpr Patience kUnasked{std::chrono::seconds(5), std::chrono::minutes(1)};

struct PartFetch {
  std::string what;  // for errors: "index"
  const Bytes& torrent;
  const std::vector<proto::Neighbour>& neighbours;
  std::filesystem::path file;  // made, must not exist
  swarm::Bitmap wanted = {};   // empty: all pieces
  Patience patience = {};
  std::function<void(std::uint32_t pieces)> progress = {};  // so far; on the caller's thread
};

void fetch_part(swarm::Session& session, const PartFetch& fetch, const std::stop_token& stop);

}  // namespace roost::seeder
