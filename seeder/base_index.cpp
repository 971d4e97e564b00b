#include "seeder/base_index.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <utility>

#include "core/crypto/merkle.hpp"
#include "core/proto/metainfo.hpp"

namespace roost::seeder {
namespace {

// The descriptor of an offer, if the offer is of the release that is registered.
release::Descriptor checked_descriptor(const proto::ReleaseOffer& offer,
                                       const release::ReleaseId& registered,
                                       const crypto::PublicKey* key) {
  if (release::release_id_of(offer.descriptor.payload) != registered) {
    throw Error(Errc::integrity, "check offer: it is not of the release that is registered");
  }
  bool ours = false;
  if (key != nullptr) {
    for (const auto& signature : offer.descriptor.signatures) ours |= signature.key_id == key->id();
  }
  if (ours) return release::verify_descriptor(offer.descriptor, std::span(key, 1)).descriptor();
  return release::parse_descriptor(offer.descriptor.payload);
}

Bytes read_all(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  Bytes bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in) throw_errno("read " + file.string());
  return bytes;
}

Bytes fetch_by_swarm(const proto::ReleaseOffer& offer, swarm::Session& session,
                     const BaseFetch& fetch, const std::stop_token& stop) {
  fetch_part(session,
             {"index", offer.index_torrent, offer.neighbours, fetch.file, {}, fetch.patience, {}},
             stop);
  return read_all(fetch.file);
}

Base fetch_checked(TrackerClient& tracker, swarm::Session& session, const BaseFetch& fetch,
                   const std::stop_token& stop) {
  const auto registered = tracker.release(fetch.release);
  if (!registered) {
    throw Error(Errc::not_found, tracker.url().str() + " has no such release",
                "`roost releases --tracker URL` lists what there is");
  }
  auto offer = tracker.offer(fetch.release, {{}, {"0.0.0.0", 0}, {}});
  auto descriptor = checked_descriptor(offer, registered->release_id, fetch.key);
  proto::Metainfo::parse(offer.index_torrent).require(descriptor.index, "index torrent");

  const auto bytes = offer.index ? *offer.index : fetch_by_swarm(offer, session, fetch, stop);
  crypto::MerkleHasher hasher;
  hasher.update(bytes);
  if (release::FilePart::of(hasher.finish()) != descriptor.index) {
    throw Error(Errc::integrity, "check index: it is not the one that was signed");
  }
  auto index = release::parse_index(bytes);
  if (index.tree_digest() != descriptor.tree_digest) {
    throw Error(Errc::integrity, "check index: it is of another tree than was signed");
  }
  return {{fetch.release, registered->release_id},
          std::move(index),
          std::move(descriptor),
          std::move(offer)};
}

}  // namespace

Base fetch_base(TrackerClient& tracker, swarm::Session& session, const BaseFetch& fetch,
                const std::stop_token& stop) {
  try {
    return fetch_checked(tracker, session, fetch, stop);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("use base {}: {}", fetch.release.str(), error.what()),
                error.help());
  }
}

}  // namespace roost::seeder
