// A packed tree with everything that a registration says about it.
//
// Pure but for reading the packed files back where that is needed: a small index
// travels in the registration, a hybrid needs SHA-1 over the image. Throws what
// reading throws.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/crypto/dsse.hpp"
#include "core/proto/metainfo.hpp"
#include "core/proto/registration.hpp"
#include "core/release/descriptor.hpp"
#include "core/release/pack.hpp"

namespace roost::seeder {

// The file of patches against a base's image, as release::write_patches made it.
struct PatchesBuilt {
  std::string path;
  crypto::MerkleTree tree;
};

struct Built {
  release::Packed packed;
  proto::Metainfo index;
  std::optional<proto::Metainfo> image;  // absent when the image is empty
  std::optional<Bytes> index_bytes;      // iff it has at most proto::kMaxInlineIndex bytes
  // All three or none; patches_bytes as index_bytes.
  std::optional<PatchesBuilt> patches_file = {};
  std::optional<proto::Metainfo> patches = {};
  std::optional<Bytes> patches_bytes = {};

  std::string info_hash() const { return (image ? *image : index).info_hash().hex(); }

  // Whether index and image are the very bytes that a descriptor names.
  bool same_bytes(const release::Descriptor& registered) const;
};

struct TorrentKind {
  bool hybrid = false;
  std::string ssl_cert = {};  // the CA of its peers; empty: links without TLS
};

// Torrents are named after the release: two releases with equal images are two swarms.
Built build(release::Packed packed, std::optional<PatchesBuilt> patches,
            const release::ReleaseRef& release, const TorrentKind& kind,
            const std::stop_token& stop);

struct Signing {
  release::ReleaseRef release;
  std::uint64_t sequence = 1;
  std::optional<release::BaseRelease> base;
  release::Provenance provenance;
};

release::Descriptor describe(const Built& built, const Signing& signing);

}  // namespace roost::seeder
