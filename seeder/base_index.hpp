// The index of the release that a new one is based on: fetched from its peers.
//
// Its chunks need not come: knowing which there are is enough to put the new ones
// first. The descriptor must be signed by our own key, or be the very one that
// the tracker registered; the bytes must be what it says. Blocks. Throws
// Error{not_found} for a base that the tracker doesn't know, unavailable when no
// peer gives it for a while, integrity when it is another.
#pragma once

#include <chrono>
#include <filesystem>
#include <stop_token>

#include "core/crypto/keys.hpp"
#include "core/release/descriptor.hpp"
#include "core/release/index.hpp"
#include "core/swarm/session.hpp"
#include "seeder/tracker_client.hpp"

namespace roost::seeder {

struct Base {
  release::BaseRelease name;
  release::Index index;
};

struct BaseFetch {
  release::ReleaseRef release;
  std::filesystem::path file;                 // where the index goes; made, must not exist
  const crypto::PublicKey* key = nullptr;     // ours, if there is one
  std::chrono::milliseconds patience{15000};  // without a piece
};

Base fetch_base(TrackerClient& tracker, swarm::Session& session, const BaseFetch& fetch,
                const std::stop_token& stop);

}  // namespace roost::seeder
