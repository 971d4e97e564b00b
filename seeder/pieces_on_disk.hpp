// Which pieces of a file are on the disk, by hashing them: what a torrent that is
// taken up again has. Reads the whole file, in pieces, on the calling thread. A stop
// ends it early: the rest counts as missing. Throws as Fs when it can't be read.
#pragma once

#include <filesystem>
#include <stop_token>

#include "core/proto/metainfo.hpp"
#include "core/swarm/transfer.hpp"

namespace roost::seeder {

swarm::Bitmap pieces_on_disk(const std::filesystem::path& file, const proto::Metainfo& torrent,
                             const std::stop_token& stop);

}  // namespace roost::seeder
