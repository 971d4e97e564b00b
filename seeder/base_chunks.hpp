// Chunks of a base's image, fetched from its peers: what patches are made from.
//
// Only the pieces that hold them come, each where it lies in the image, so the file is
// sparse and has holes wherever nothing was asked for. The image's torrent must be the one of
// the base's signed descriptor. Blocks. Throws Error: integrity for another torrent, and what
// fetch_part() throws; the file then is of no use.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <vector>

#include "core/swarm/session.hpp"
#include "seeder/base_index.hpp"

namespace roost::seeder {

struct ChunkFetch {
  std::vector<bool> chunks;    // which; one bit for each of the base
  std::filesystem::path file;  // made, must not exist
  Patience patience = {};
  // Bytes of the image; on the caller's thread.
  std::function<void(std::uint64_t fetched, std::uint64_t of)> progress = {};
};

void fetch_chunks(swarm::Session& session, const Base& base, const ChunkFetch& fetch,
                  const std::stop_token& stop);

}  // namespace roost::seeder
