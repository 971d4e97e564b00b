// Which pieces of an image really are on the disk, by hashing them again.
//
// For bits that were noted before a reboot: data that was not synced may be gone
// though the bits survived. Reads only the pieces that `claimed` names. Any thread.
#pragma once

#include <filesystem>
#include <stop_token>
#include <vector>

#include "core/release/descriptor.hpp"
#include "core/swarm/transfer.hpp"

namespace roost::peer {

// `layer` is the piece layer of the torrent (BEP 52), empty for a one-piece image.
// A piece that can't be read is one that isn't there, nor is one after a stop.
swarm::Bitmap verified_pieces(const std::filesystem::path& image, const release::FilePart& part,
                              const std::vector<Sha256>& layer, const swarm::Bitmap& claimed,
                              const std::stop_token& stop);

}  // namespace roost::peer
