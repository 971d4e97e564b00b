// The .torrent of a release's index or image: BitTorrent v2 (BEP 52), one file,
// private (BEP 27); with v1 pieces beside (a hybrid) on request.
//
// Canonical: the same name, tree, v1 pieces and certificate give the same bytes, so
// the same info-hash on every machine; no tracker's address is in them. parse() takes
// only what make() makes, in any tracker's copy: the piece layer is checked
// against the pieces root, so whoever holds a Metainfo need not look again.
// Whether the root is the *signed* one, require() answers.
// Immutable; any thread. parse() throws Error{integrity}.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/digest.hpp"
#include "core/crypto/merkle.hpp"
#include "core/crypto/sha1.hpp"

namespace roost::release {
struct FilePart;
}

namespace roost::proto {

inline constexpr std::size_t kMaxTorrent = 8UL * 1024 * 1024;  // an image of about 1 TiB

// A swarm's name in announces and scrapes: the SHA-1 of a v1 info dict, or the
// first 20 bytes of the SHA-256 of a v2 one (BEP 52).
using SwarmHash = std::array<std::uint8_t, 20>;

class Metainfo {
 public:
  // name: one path component. v1_pieces: crypto::sha1_pieces(file, tree.piece_length),
  // or empty for v2 alone. ssl_cert: the CA whose certificates its peers must show
  // (PEM), or empty for links without TLS. Throws Error{usage} for an empty file (it
  // needs no swarm), a name that is none, pieces that don't fit the size, or a text
  // that is no certificate.
  static Metainfo make(std::string_view name, const crypto::MerkleTree& tree,
                       const Bytes& v1_pieces = {}, std::string_view ssl_cert = {});
  static Metainfo parse(BytesView torrent);

  const Bytes& encode() const noexcept { return torrent_; }  // the .torrent file
  BytesView info_dict() const noexcept;                      // a part of encode()

  const std::string& name() const noexcept { return name_; }
  std::uint64_t length() const noexcept { return tree_.size; }
  std::uint32_t piece_length() const noexcept { return tree_.piece_length; }
  std::uint64_t pieces() const noexcept;
  const Sha256& pieces_root() const noexcept { return tree_.root; }
  const std::vector<Sha256>& piece_layer() const noexcept { return tree_.pieces; }
  bool hybrid() const noexcept { return info_hash_v1_.has_value(); }
  const std::string& ssl_cert() const noexcept { return ssl_cert_; }  // PEM; empty: no TLS

  const Sha256& info_hash() const noexcept { return info_hash_; }  // v2
  const std::optional<crypto::Sha1>& info_hash_v1() const noexcept { return info_hash_v1_; }

  // Every name its swarm is announced under: v2 truncated, then v1 if hybrid.
  std::vector<SwarmHash> swarm_hashes() const;

  // Throws Error{integrity} "check WHAT: ..." unless it is the torrent of this
  // very file: what a signed descriptor says about it.
  void require(const release::FilePart& signed_part, std::string_view what) const;

 private:
  Metainfo() = default;
  void seal(const Bytes& v1_pieces);

  std::string name_;
  crypto::MerkleTree tree_;
  std::string ssl_cert_;
  Bytes torrent_;
  std::size_t info_offset_ = 0;
  std::size_t info_size_ = 0;
  Sha256 info_hash_;
  std::optional<crypto::Sha1> info_hash_v1_;
};

}  // namespace roost::proto
