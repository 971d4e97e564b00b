// Small releases that a tracker accepts: everything in them agrees.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/crypto/dsse.hpp"
#include "core/crypto/keys.hpp"
#include "core/crypto/merkle.hpp"
#include "core/crypto/sha256.hpp"
#include "core/proto/metainfo.hpp"
#include "core/proto/registration.hpp"
#include "core/release/descriptor.hpp"
#include "core/release/statement.hpp"
#include "tests/support/temp_dir.hpp"

namespace roost::tracker::sample {

using test::TempDir;

inline crypto::MerkleTree tree_of(BytesView bytes) {
  crypto::MerkleHasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

inline Bytes bytes_of(const std::string& seed, std::size_t size) {
  Bytes bytes;
  for (std::size_t i = 0; bytes.size() < size; ++i) {
    const auto digest = crypto::sha256(as_bytes(seed + std::to_string(i)));
    bytes.insert(bytes.end(), digest.bytes.begin(), digest.bytes.end());
  }
  bytes.resize(size);
  return bytes;
}

inline release::ChannelRef channel(std::string_view text) {
  return release::ChannelRef::parse(text);
}

inline release::ReleaseRef named(std::string_view text) {
  return release::ReleaseRef::parse(text);
}

inline crypto::Envelope channel_statement(const crypto::SecretKey& key,
                                          const std::string& channel_ref, std::uint64_t version,
                                          const std::string& release_ref,
                                          const release::ReleaseId& id) {
  const auto payload = release::serialise(release::ChannelStatement{
      channel(channel_ref), version, named(release_ref), id, 1'700'000'000});
  return crypto::sign_envelope(release::kChannelType, as_bytes(payload), key);
}

inline crypto::Envelope unpublish_statement(const crypto::SecretKey& key,
                                            const std::string& release_ref,
                                            const release::ReleaseId& id) {
  const auto payload =
      release::serialise(release::UnpublishStatement{named(release_ref), id, 1'700'000'000});
  return crypto::sign_envelope(release::kUnpublishType, as_bytes(payload), key);
}

struct Wish {
  std::string release = "web@1";
  std::uint64_t sequence = 1;
  std::string tree = "tree one";  // what the tree digest is of
  std::size_t image_size = 100'000;
  std::size_t index_size = 700;
  std::size_t patches_size = 0;  // 0: none
  std::int64_t created = 1'700'000'000;
  std::vector<std::pair<std::string, std::uint64_t>> channels{};  // and their new versions
  std::string seeder = "10.0.0.1:6881";
};

struct Sample {
  proto::Registration registration;
  release::ReleaseId id;
  release::Descriptor descriptor;
};

inline Sample make(const crypto::SecretKey& key, const Wish& wish) {
  const auto index = bytes_of(wish.tree + " index", wish.index_size);
  const auto image = bytes_of(wish.tree + " image", wish.image_size);
  const auto index_tree = tree_of(index);
  const auto image_tree = tree_of(image);
  release::Descriptor descriptor{
      named(wish.release), wish.sequence, {}, {}, {}, {}, {}, 0, 0, 0, 0, {}, {}, {}};
  descriptor.index = release::FilePart::of(index_tree);
  descriptor.image = release::FilePart::of(image_tree);
  descriptor.tree_digest = crypto::sha256(as_bytes(wish.tree));
  descriptor.tree_bytes = wish.image_size;
  descriptor.entries = 2;
  descriptor.files = 1;
  descriptor.chunks = wish.image_size > 0 ? 1 : 0;
  descriptor.provenance = {wish.created, "roost test", ""};
  const auto patches = bytes_of(wish.tree + " patches", wish.patches_size);
  const auto patches_tree = tree_of(patches);
  if (wish.patches_size > 0) {
    descriptor.base = release::BaseRelease{named("web@0"), {}};
    descriptor.patches = release::FilePart::of(patches_tree);
  }
  const auto payload = release::serialise(descriptor);
  const auto id = release::release_id_of(as_bytes(payload));

  proto::Registration registration{
      crypto::sign_envelope(release::kDescriptorType, as_bytes(payload), key),
      key.public_key(),
      proto::Metainfo::make("index", index_tree).encode(),
      std::nullopt,
      std::nullopt,
      std::nullopt,
      std::nullopt,
      {},
      Endpoint::parse(wish.seeder)};
  if (wish.image_size > 0) {
    registration.image_torrent = proto::Metainfo::make("image", image_tree).encode();
  }
  if (wish.index_size <= proto::kMaxInlineIndex) registration.index = index;
  if (wish.patches_size > 0) {
    registration.patches_torrent = proto::Metainfo::make("patches", patches_tree).encode();
    if (wish.patches_size <= proto::kMaxInlineIndex) registration.patches = patches;
  }
  for (const auto& [name, version] : wish.channels) {
    registration.channels.push_back(channel_statement(key, name, version, wish.release, id));
  }
  return {std::move(registration), id, std::move(descriptor)};
}

// The code of the Error that f throws, or nothing.
template <class F>
std::optional<Errc> code_of(F&& f) {
  try {
    f();
    return std::nullopt;
  } catch (const Error& error) {
    return error.code();
  }
}

}  // namespace roost::tracker::sample
