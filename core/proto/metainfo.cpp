#include "core/proto/metainfo.hpp"

#include <algorithm>
#include <bit>

#include "core/base/error.hpp"
#include "core/base/rel_path.hpp"
#include "core/crypto/certificates.hpp"
#include "core/crypto/sha256.hpp"
#include "core/proto/bencode.hpp"
#include "core/release/descriptor.hpp"

namespace roost::proto {
namespace {

constexpr std::size_t kSha1Size = 20;
constexpr std::uint64_t kMaxLength = 1ULL << 50;

[[noreturn]] void refuse(const std::string& why) {
  throw Error(Errc::integrity, "parse torrent: " + why);
}

bool is_file_name(std::string_view name) {
  return !RelPath::why_not(name) && name.find('/') == std::string_view::npos;
}

bool is_piece_length(std::int64_t length) {
  return length >= crypto::kBlockSize && length <= crypto::kMaxPieceLength &&
         std::has_single_bit(static_cast<std::uint64_t>(length));
}

std::uint64_t pieces_of(const crypto::MerkleTree& tree) {
  return (tree.size + tree.piece_length - 1) / tree.piece_length;
}

Sha256 digest_of(std::string_view bytes) {
  Sha256 digest;
  if (bytes.size() != digest.bytes.size()) refuse("a hash that is not 32 bytes");
  std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
  return digest;
}

Bytes join(const std::vector<Sha256>& hashes) {
  Bytes bytes;
  bytes.reserve(hashes.size() * 32);
  for (const auto& hash : hashes) {
    bytes.insert(bytes.end(), hash.bytes.begin(), hash.bytes.end());
  }
  return bytes;
}

std::string encode_info(const std::string& name, const crypto::MerkleTree& tree,
                        const Bytes& v1_pieces, const std::string& ssl_cert) {
  const auto length = static_cast<std::int64_t>(tree.size);
  BWriter writer;
  writer.dict().key("file tree").dict().key(name).dict().key("").dict();
  writer.key("length").integer(length).key("pieces root").string(tree.root.bytes);
  writer.end().end().end();
  if (!v1_pieces.empty()) writer.key("length").integer(length);
  writer.key("meta version").integer(2).key("name").string(name);
  writer.key("piece length").integer(tree.piece_length);
  if (!v1_pieces.empty()) writer.key("pieces").string(v1_pieces);
  writer.key("private").integer(1);
  if (!ssl_cert.empty()) writer.key("ssl-cert").string(ssl_cert);
  writer.end();
  return writer.take();
}

// The file tree of a single file: {NAME: {"": {"length", "pieces root"}}}.
void read_file_tree(const BValue& info, const std::string& name, crypto::MerkleTree& tree) {
  const auto& entries = info.at("file tree").dict();
  if (entries.size() != 1 || entries.front().first != name) refuse("not one file of its own name");
  const auto& file = entries.front().second;
  if (file.dict().size() != 1) refuse("not one file of its own name");
  const auto& properties = file.at("");
  const auto length = properties.at("length").integer();
  if (length <= 0 || static_cast<std::uint64_t>(length) > kMaxLength) refuse("bad file length");
  tree.size = static_cast<std::uint64_t>(length);
  tree.root = digest_of(properties.at("pieces root").string());
}

void read_piece_layer(const BValue& torrent, crypto::MerkleTree& tree) {
  const auto& layers = torrent.at("piece layers").dict();
  if (tree.size <= tree.piece_length) {
    if (!layers.empty()) refuse("a piece layer where one piece holds all");
    return;
  }
  if (layers.size() != 1 || digest_of(layers.front().first) != tree.root) {
    refuse("no piece layer for its file");
  }
  const auto hashes = layers.front().second.string();
  if (hashes.size() != pieces_of(tree) * 32) refuse("a piece layer of another length");
  for (std::size_t at = 0; at < hashes.size(); at += 32) {
    tree.pieces.push_back(digest_of(hashes.substr(at, 32)));
  }
  if (crypto::merkle_root(tree.size, tree.piece_length, tree.pieces) != tree.root) {
    refuse("the piece layer doesn't belong to the pieces root");
  }
}

Bytes read_v1_pieces(const BValue& info, const crypto::MerkleTree& tree) {
  const BValue* pieces = info.find("pieces");
  if (pieces == nullptr) return {};
  const auto bytes = as_bytes(pieces->string());
  if (bytes.size() != pieces_of(tree) * kSha1Size) refuse("v1 pieces of another length");
  if (info.at("length").integer() != static_cast<std::int64_t>(tree.size)) {
    refuse("v1 and v2 lengths differ");
  }
  return {bytes.begin(), bytes.end()};
}

std::string read_ssl_cert(const BValue& info) {
  const BValue* text = info.find("ssl-cert");
  if (text == nullptr) return {};
  std::string pem;
  try {
    pem = crypto::certificate_pem(text->string(), "ssl-cert");
  } catch (const Error& error) {
    if (error.code() != Errc::usage) throw;
    refuse(error.what());
  }
  if (pem != text->string()) refuse("its certificate has text around it");
  return pem;
}

}  // namespace

void Metainfo::seal(const Bytes& v1_pieces) {
  const std::string info = encode_info(name_, tree_, v1_pieces, ssl_cert_);
  BWriter writer;
  writer.dict().key("info");
  info_offset_ = 1 + std::string_view("4:info").size();
  info_size_ = info.size();
  writer.raw(as_bytes(info)).key("piece layers").dict();
  if (!tree_.pieces.empty()) {
    writer.key(as_text(tree_.root.bytes)).string(join(tree_.pieces));
  }
  writer.end().end();
  const std::string text = writer.take();
  torrent_.assign(text.begin(), text.end());
  info_hash_ = crypto::sha256(as_bytes(info));
  if (!v1_pieces.empty()) info_hash_v1_ = crypto::sha1(as_bytes(info));
}

Metainfo Metainfo::make(std::string_view name, const crypto::MerkleTree& tree,
                        const Bytes& v1_pieces, std::string_view ssl_cert) {
  const auto fail = [&](const char* why) {
    return Error(Errc::usage, "make torrent '" + std::string(name) + "': " + why);
  };
  if (!is_file_name(name)) throw fail("the name is no file name");
  if (tree.size == 0) throw fail("an empty file needs no torrent");
  if (tree.size > kMaxLength ||
      pieces_of(tree) * 52 + 4096 + crypto::kMaxCertificate > kMaxTorrent) {
    throw fail("the file is too large for one torrent");
  }
  if (!v1_pieces.empty() && v1_pieces.size() != pieces_of(tree) * kSha1Size) {
    throw fail("the v1 pieces don't fit the size");
  }
  Metainfo metainfo;
  metainfo.name_ = name;
  metainfo.tree_ = tree;
  if (!ssl_cert.empty()) metainfo.ssl_cert_ = crypto::certificate_pem(ssl_cert, "the CA");
  metainfo.seal(v1_pieces);
  return metainfo;
}

Metainfo Metainfo::parse(BytesView torrent) {
  if (torrent.size() > kMaxTorrent) refuse("longer than 8 MiB");
  const BValue root = bdecode(torrent);
  const BValue& info = root.at("info");
  if (info.at("meta version").integer() != 2) refuse("not a BitTorrent v2 torrent");
  if (info.at("private").integer() != 1) refuse("not private");
  Metainfo metainfo;
  metainfo.name_ = info.at("name").string();
  if (!is_file_name(metainfo.name_)) refuse("a bad file name");
  const auto piece_length = info.at("piece length").integer();
  if (!is_piece_length(piece_length)) refuse("a bad piece length");
  metainfo.tree_.piece_length = static_cast<std::uint32_t>(piece_length);
  read_file_tree(info, metainfo.name_, metainfo.tree_);
  read_piece_layer(root, metainfo.tree_);
  metainfo.ssl_cert_ = read_ssl_cert(info);
  metainfo.seal(read_v1_pieces(info, metainfo.tree_));
  // One rule covers every field that isn't looked at above: unknown ones would
  // change the info-hash, or make libtorrent do what we didn't check.
  if (!std::equal(torrent.begin(), torrent.end(), metainfo.torrent_.begin(),
                  metainfo.torrent_.end())) {
    refuse("has more in it than a torrent of Roost");
  }
  return metainfo;
}

BytesView Metainfo::info_dict() const noexcept {
  return BytesView(torrent_).subspan(info_offset_, info_size_);
}

std::uint64_t Metainfo::pieces() const noexcept {
  return pieces_of(tree_);
}

std::vector<SwarmHash> Metainfo::swarm_hashes() const {
  SwarmHash v2;
  std::copy_n(info_hash_.bytes.begin(), v2.size(), v2.begin());
  std::vector<SwarmHash> hashes{v2};
  if (info_hash_v1_) hashes.push_back(*info_hash_v1_);
  return hashes;
}

void Metainfo::require(const release::FilePart& signed_part, std::string_view what) const {
  if (release::FilePart::of(tree_) == signed_part) return;
  throw Error(Errc::integrity, "check " + std::string(what) +
                                   ": the torrent is not of the file that the descriptor signs");
}

}  // namespace roost::proto
