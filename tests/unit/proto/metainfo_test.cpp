#include "core/proto/metainfo.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <libtorrent/torrent_info.hpp>

#include "core/base/error.hpp"
#include "core/crypto/sha256.hpp"
#include "core/proto/bencode.hpp"
#include "core/release/descriptor.hpp"
#include "tests/support/peer_ca.hpp"
#include "tests/support/temp_dir.hpp"

namespace roost::proto {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kBlock = crypto::kBlockSize;

Bytes content(std::uint64_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(i * 31 + i / kBlock);
  }
  return bytes;
}

crypto::MerkleTree tree_of(std::uint64_t size) {
  crypto::MerkleHasher hasher;
  hasher.update(content(size));
  return hasher.finish();
}

Bytes v1_pieces_of(std::uint64_t size, std::uint32_t piece_length) {
  const Bytes bytes = content(size);
  Bytes pieces;
  for (std::size_t at = 0; at < bytes.size(); at += piece_length) {
    const auto digest = crypto::sha1(
        BytesView(bytes).subspan(at, std::min<std::size_t>(piece_length, bytes.size() - at)));
    pieces.insert(pieces.end(), digest.begin(), digest.end());
  }
  return pieces;
}

template <class Hash>
std::string hex_of(const Hash& hash) {
  return to_hex(as_bytes(std::string_view(hash.data(), static_cast<std::size_t>(hash.size()))));
}

lt::torrent_info load(const Metainfo& metainfo) {
  const auto text = as_text(metainfo.encode());
  return lt::torrent_info({text.data(), static_cast<std::ptrdiff_t>(text.size())}, lt::from_span);
}

class MetainfoOfSize : public testing::TestWithParam<std::uint64_t> {};

TEST_P(MetainfoOfSize, IsATorrentToLibtorrent) {
  const auto tree = tree_of(GetParam());
  const auto made = Metainfo::make("web.image", tree);
  const auto info = load(made);
  EXPECT_TRUE(info.v2());
  EXPECT_FALSE(info.v1());
  EXPECT_TRUE(info.priv());
  EXPECT_EQ(info.files().file_path(lt::file_index_t{0}), "web.image");
  // libtorrent counts a v2 torrent's last piece as full, by a pad file of its own making.
  EXPECT_EQ(static_cast<std::uint64_t>(info.files().file_size(lt::file_index_t{0})), tree.size);
  for (int i = 1; i < info.num_files(); ++i) {
    EXPECT_TRUE(info.files().pad_file_at(lt::file_index_t{i}));
  }
  EXPECT_EQ(static_cast<std::uint64_t>(info.num_pieces()), made.pieces());
  EXPECT_EQ(hex_of(info.info_hashes().v2), made.info_hash().hex());
  EXPECT_EQ(hex_of(info.info_hashes().get_best()), to_hex(made.swarm_hashes().at(0)));
  EXPECT_EQ(hex_of(info.files().root(lt::file_index_t{0})), tree.root.hex());
  const auto layer = info.piece_layer(lt::file_index_t{0});
  if (tree.pieces.empty()) return;
  ASSERT_EQ(static_cast<std::size_t>(layer.size()), tree.pieces.size() * 32);
  for (std::size_t i = 0; i < tree.pieces.size(); ++i) {
    EXPECT_EQ(hex_of(layer.subspan(static_cast<std::ptrdiff_t>(i) * 32, 32)), tree.pieces[i].hex());
  }
}

TEST_P(MetainfoOfSize, AsHybridIsAV1TorrentToo) {
  const auto tree = tree_of(GetParam());
  const auto pieces = v1_pieces_of(tree.size, tree.piece_length);
  const auto made = Metainfo::make("web.image", tree, pieces);
  const auto info = load(made);
  ASSERT_TRUE(info.v1() && info.v2());
  EXPECT_EQ(hex_of(info.info_hashes().v1), to_hex(*made.info_hash_v1()));
  EXPECT_EQ(hex_of(info.info_hashes().v2), made.info_hash().hex());
  EXPECT_EQ(hex_of(info.hash_for_piece(lt::piece_index_t{0})), to_hex(BytesView(pieces).first(20)));
  ASSERT_EQ(made.swarm_hashes().size(), 2U);
  EXPECT_EQ(made.swarm_hashes()[1], *made.info_hash_v1());
}

TEST_P(MetainfoOfSize, ParsesWhatItMade) {
  const auto tree = tree_of(GetParam());
  for (const Bytes& v1 : {Bytes{}, v1_pieces_of(tree.size, tree.piece_length)}) {
    const auto made = Metainfo::make("web.image", tree, v1);
    const auto parsed = Metainfo::parse(made.encode());
    EXPECT_EQ(parsed.encode(), made.encode());
    EXPECT_EQ(parsed.info_hash(), made.info_hash());
    EXPECT_EQ(parsed.info_hash_v1(), made.info_hash_v1());
    EXPECT_EQ(parsed.piece_layer(), tree.pieces);
    EXPECT_EQ(parsed.name(), "web.image");
    EXPECT_EQ(parsed.length(), tree.size);
    EXPECT_EQ(parsed.hybrid(), !v1.empty());
    EXPECT_EQ(crypto::sha256(parsed.info_dict()), parsed.info_hash());
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, MetainfoOfSize,
                         testing::Values(1, kBlock, kBlock + 1, 3 * kBlock, 2001 * kBlock + 5));

// Nodes and trackers of other versions must come to the same info-hash.
TEST(Metainfo, OfAKnownFileNeverChanges) {
  const auto made = Metainfo::make("web.image", tree_of(3 * kBlock + 1));
  EXPECT_EQ(made.info_hash().hex(),
            "bdfbdb6f6767cd1e5c040a8dd86aa7481e8921694ade43900bd6d4dc30f95ec0");
}

TEST(Metainfo, DependsOnNameAndContentAlone) {
  const auto tree = tree_of(3 * kBlock);
  EXPECT_EQ(Metainfo::make("a", tree).encode(), Metainfo::make("a", tree).encode());
  EXPECT_NE(Metainfo::make("a", tree).info_hash(), Metainfo::make("b", tree).info_hash());
}

TEST(Metainfo, IsMadeOnlyOfWhatFits) {
  const auto tree = tree_of(kBlock);
  EXPECT_THROW(Metainfo::make("a", crypto::MerkleTree{}), Error);
  for (const char* name : {"", ".", "..", "a/b", "\xff"}) {
    EXPECT_THROW(Metainfo::make(name, tree), Error) << name;
  }
  EXPECT_THROW(Metainfo::make("a", tree, Bytes(21)), Error);
}

std::string refusal(const std::string& torrent) {
  try {
    Metainfo::parse(as_bytes(torrent));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::integrity);
    return error.what();
  }
  return "accepted";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Metainfo, RefusesEveryOtherShape) {
  const std::string good(as_text(Metainfo::make("web.image", tree_of(3 * kBlock)).encode()));
  ASSERT_EQ(refusal(good), "accepted");
  const std::pair<std::string, const char*> bad[] = {
      {replaced(good, "7:privatei1e", "7:privatei0e"), "not private"},
      {replaced(good, "7:privatei1e", ""), "no key 'private'"},
      {replaced(good, "12:meta versioni2e", "12:meta versioni1e"), "not a BitTorrent v2"},
      {replaced(good, "9:web.image12:", "9:web.imagx12:"), "not one file of its own name"},
      {replaced(good, "12:piece lengthi16384e", "12:piece lengthi16385e"), "bad piece length"},
      {replaced(good, "12:piece lengthi16384e", "12:piece lengthi32768e"), "another length"},
      {replaced(good, "6:lengthi49152e", "6:lengthi49151e"), "accepted"},
      {replaced(good, "6:lengthi49152e", "6:lengthi0e"), "bad file length"},
      {replaced(good, "6:lengthi49152e", "6:lengthi-1e"), "bad file length"},
      {replaced(good, "7:privatei1e", "7:privatei1e7:similarle"), "more in it"},
      {replaced(good, "d4:info", "d8:announce3:url4:info"), "more in it"},
      {replaced(good, "d4:info", "d4:infp"), "no key 'info'"},
      {good + "x", "bytes after"},
      {good.substr(0, good.size() - 1), "cut short"},
  };
  for (const auto& [torrent, why] : bad) EXPECT_THAT(refusal(torrent), HasSubstr(why));
}

class GuardedMetainfo : public testing::Test {
 protected:
  test::TempDir dir_;
  const std::string ca_ = test::read_file(test::PeerCa(dir_ / "ca").dir() / "ca.pem");
};

TEST_F(GuardedMetainfo, NamesItsCaToLibtorrent) {
  const auto tree = tree_of(3 * kBlock);
  for (const Bytes& v1 : {Bytes{}, v1_pieces_of(tree.size, tree.piece_length)}) {
    const auto made = Metainfo::make("web.image", tree, v1, ca_);
    const auto info = load(made);
    EXPECT_EQ(info.ssl_cert(), ca_);
    EXPECT_EQ(hex_of(info.info_hashes().v2), made.info_hash().hex());
    EXPECT_NE(made.info_hash(), Metainfo::make("web.image", tree, v1).info_hash());
    const auto parsed = Metainfo::parse(made.encode());
    EXPECT_EQ(parsed.ssl_cert(), ca_);
    EXPECT_EQ(parsed.encode(), made.encode());
  }
}

TEST_F(GuardedMetainfo, DependsOnTheCertificateAlone) {
  const auto tree = tree_of(3 * kBlock);
  EXPECT_EQ(Metainfo::make("a", tree, {}, "# our CA\n" + ca_).encode(),
            Metainfo::make("a", tree, {}, ca_).encode());
  EXPECT_THROW(Metainfo::make("a", tree, {}, "no certificate"), Error);
}

TEST_F(GuardedMetainfo, HoldsNothingButOneCertificate) {
  const std::string good(as_text(Metainfo::make("a", tree_of(kBlock), {}, ca_).encode()));
  const auto field = [](const std::string& text) {
    return "8:ssl-cert" + std::to_string(text.size()) + ":" + text;
  };
  ASSERT_EQ(refusal(good), "accepted");
  for (const auto& text : {std::string(), ca_ + "x", ca_ + ca_, ca_.substr(0, ca_.size() / 2),
                           std::string(20'000, 'x')}) {
    EXPECT_THAT(refusal(replaced(good, field(ca_), field(text))), HasSubstr("certificate"));
  }
}

TEST(Metainfo, RefusesAPieceLayerThatIsNotUnderItsRoot) {
  std::string torrent(as_text(Metainfo::make("web.image", tree_of(3 * kBlock)).encode()));
  torrent[torrent.size() - 10] = static_cast<char>(torrent[torrent.size() - 10] ^ 1);
  EXPECT_THAT(refusal(torrent), HasSubstr("doesn't belong to the pieces root"));
}

TEST(Metainfo, RefusesV1PiecesOfAnotherFile) {
  const auto tree = tree_of(3 * kBlock);
  const auto made = Metainfo::make("web.image", tree, v1_pieces_of(tree.size, tree.piece_length));
  const std::string good(as_text(made.encode()));
  EXPECT_THAT(refusal(replaced(good, "e6:lengthi49152e12:meta", "e6:lengthi49153e12:meta")),
              HasSubstr("lengths differ"));
  EXPECT_THAT(refusal(replaced(good, "6:pieces60:", "6:pieces59:")), HasSubstr("decode"));
}

TEST(Metainfo, KnowsWhetherItIsOfTheSignedFile) {
  const auto tree = tree_of(3 * kBlock);
  const auto made = Metainfo::make("web.image", tree);
  auto part = release::FilePart::of(tree);
  EXPECT_NO_THROW(made.require(part, "image torrent"));
  part.pieces_root.bytes[0] ^= 1;
  EXPECT_THROW(made.require(part, "image torrent"), Error);
  part = release::FilePart::of(tree);
  part.size += 1;
  EXPECT_THROW(made.require(part, "image torrent"), Error);
}

}  // namespace
}  // namespace roost::proto
