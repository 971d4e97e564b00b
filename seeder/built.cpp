#include "seeder/built.hpp"

#include <fcntl.h>

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/fs.hpp"
#include "core/crypto/sha1.hpp"

namespace roost::seeder {
namespace {

Bytes read_file(const std::string& path, std::uint64_t size) {
  Bytes bytes(size);
  const auto file = real_fs().open_path(path, O_RDONLY);
  bytes.resize(real_fs().read(file.get(), bytes, 0));
  return bytes;
}

// crypto::sha1_pieces, but it can be stopped: an image may be large.
Bytes v1_pieces(const std::string& path, const crypto::MerkleTree& tree,
                const std::stop_token& stop) {
  const auto file = real_fs().open_path(path, O_RDONLY);
  Bytes pieces;
  Bytes buffer(tree.piece_length);
  for (std::uint64_t at = 0; at < tree.size; at += tree.piece_length) {
    if (stop.stop_requested()) throw Error(Errc::interrupted, "hash " + path + ": stopped");
    const auto length = std::min<std::uint64_t>(tree.piece_length, tree.size - at);
    const auto got = real_fs().read(file.get(), std::span(buffer).first(length), at);
    const auto hash = crypto::sha1(BytesView(buffer).first(got));
    pieces.insert(pieces.end(), hash.begin(), hash.end());
  }
  return pieces;
}

proto::Metainfo torrent(const std::string& name, const std::string& path,
                        const crypto::MerkleTree& tree, const TorrentKind& kind,
                        const std::stop_token& stop) {
  return proto::Metainfo::make(name, tree, kind.hybrid ? v1_pieces(path, tree, stop) : Bytes{},
                               kind.ssl_cert);
}

}  // namespace

bool Built::same_bytes(const release::Descriptor& registered) const {
  return release::FilePart::of(packed.index_tree) == registered.index &&
         release::FilePart::of(packed.image_tree) == registered.image;
}

Built build(release::Packed packed, std::optional<PatchesBuilt> patches,
            const release::ReleaseRef& release, const TorrentKind& kind,
            const std::stop_token& stop) {
  auto index = torrent(release.str() + ".index", packed.index_path, packed.index_tree, kind, stop);
  std::optional<proto::Metainfo> image;
  if (packed.image_tree.size > 0) {
    image = torrent(release.str() + ".image", packed.image_path, packed.image_tree, kind, stop);
  }
  std::optional<Bytes> index_bytes;
  if (packed.index_tree.size <= proto::kMaxInlineIndex) {
    index_bytes = read_file(packed.index_path, packed.index_tree.size);
  }
  Built built{std::move(packed), std::move(index), std::move(image), std::move(index_bytes)};
  if (patches) {
    built.patches = torrent(release.str() + ".patches", patches->path, patches->tree, kind, stop);
    if (patches->tree.size <= proto::kMaxInlineIndex) {
      built.patches_bytes = read_file(patches->path, patches->tree.size);
    }
    built.patches_file = std::move(patches);
  }
  return built;
}

release::Descriptor describe(const Built& built, const Signing& signing) {
  const auto& index = built.packed.index;
  release::Descriptor descriptor{
      signing.release,   signing.sequence, signing.base, {}, {}, {}, {}, 0, 0, 0, 0, {}, {},
      signing.provenance};
  descriptor.index = release::FilePart::of(built.packed.index_tree);
  descriptor.image = release::FilePart::of(built.packed.image_tree);
  if (built.patches_file) descriptor.patches = release::FilePart::of(built.patches_file->tree);
  descriptor.tree_digest = index.tree_digest();
  descriptor.tree_bytes = index.tree_bytes();
  descriptor.entries = index.entries().size();
  descriptor.files = index.files();
  descriptor.chunks = index.chunks().size();
  return descriptor;
}

}  // namespace roost::seeder
