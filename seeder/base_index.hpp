// The index of the release that a new one is packed against: fetched from its peers.
//
// Its chunks need not come (but see seeder/base_chunks.hpp): knowing which there are is
// enough to put the new ones first. The descriptor must be signed by our own key, or be the
// very one that the tracker registered; the bytes must be what it says. The base may be of
// another NAME and another key: it decides on the order of chunks, never on their contents.
// Blocks. Throws Error "use base NAME@VERSION: ...": not_found for one that the tracker
// doesn't know, unavailable when nobody gives it, integrity when it is another.
#pragma once

#include <filesystem>
#include <stop_token>

#include "core/crypto/keys.hpp"
#include "core/release/descriptor.hpp"
#include "core/release/index.hpp"
#include "core/swarm/session.hpp"
#include "seeder/part_fetch.hpp"
#include "seeder/tracker_client.hpp"

namespace roost::seeder {

struct Base {
  release::BaseRelease name;
  release::Index index;
  release::Descriptor descriptor;  // the index is what it names
  proto::ReleaseOffer offer;       // who has it; its image torrent is not checked yet
};

struct BaseFetch {
  release::ReleaseRef release;
  std::filesystem::path file;              // where the index goes; made, must not exist
  const crypto::PublicKey* key = nullptr;  // ours, if there is one
  Patience patience = {};
};

Base fetch_base(TrackerClient& tracker, swarm::Session& session, const BaseFetch& fetch,
                const std::stop_token& stop);

}  // namespace roost::seeder
