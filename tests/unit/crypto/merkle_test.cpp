#include "core/crypto/merkle.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <libtorrent/bencode.hpp>
#include <libtorrent/create_torrent.hpp>
#include <libtorrent/torrent_info.hpp>

#include "core/base/error.hpp"
#include "core/crypto/random.hpp"

namespace roost::crypto {
namespace {

// Cheap bytes that no two blocks share.
Bytes pattern(std::uint64_t size) {
  Bytes bytes(size);
  std::uint64_t state = 1;
  for (std::uint64_t at = 0; at < size; at += sizeof state) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    std::memcpy(bytes.data() + at, &state, std::min<std::uint64_t>(sizeof state, size - at));
  }
  return bytes;
}

MerkleTree hash_in_steps(BytesView bytes, std::size_t step, std::size_t max_hashes = kMaxHashes) {
  MerkleHasher hasher(max_hashes);
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    hasher.update(bytes.subspan(at, std::min(step, bytes.size() - at)));
  }
  return hasher.finish();
}

class TempFile {
 public:
  explicit TempFile(BytesView bytes)
      : path_(std::filesystem::temp_directory_path() / ("roost-merkle-" + random_hex(8))) {
    std::ofstream(path_, std::ios::binary)
        .write(as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
  }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  ~TempFile() { std::filesystem::remove(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

Sha256 digest_of(const lt::sha256_hash& hash) {
  Sha256 digest;
  std::copy(hash.begin(), hash.end(), digest.bytes.begin());
  return digest;
}

// The same tree by libtorrent's own torrent maker.
MerkleTree reference(const TempFile& file, std::uint64_t size) {
  const auto piece_length = piece_length_for(size);
  lt::file_storage files;
  files.add_file(file.path().filename().string(), static_cast<std::int64_t>(size));
  lt::create_torrent maker(files, static_cast<int>(piece_length), lt::create_torrent::v2_only);
  lt::set_piece_hashes(maker, file.path().parent_path().string());
  std::vector<char> torrent;
  lt::bencode(std::back_inserter(torrent), maker.generate());
  const lt::torrent_info info(torrent, lt::from_span);

  MerkleTree tree{size, piece_length, digest_of(info.files().root(lt::file_index_t{0})), {}};
  if (size <= piece_length) return tree;
  const auto layer = info.piece_layer(lt::file_index_t{0});
  for (std::ptrdiff_t at = 0; at < layer.size(); at += 32) {
    tree.pieces.push_back(digest_of(lt::sha256_hash(layer.data() + at)));
  }
  return tree;
}

void expect_same(const MerkleTree& got, const MerkleTree& want) {
  EXPECT_EQ(got.size, want.size);
  EXPECT_EQ(got.piece_length, want.piece_length);
  EXPECT_EQ(got.root, want.root);
  EXPECT_EQ(got.pieces, want.pieces);
}

class MerkleOfSize : public testing::TestWithParam<std::uint64_t> {};

TEST_P(MerkleOfSize, EqualsLibtorrents) {
  const auto bytes = pattern(GetParam());
  const TempFile file(bytes);
  const auto want = reference(file, bytes.size());
  expect_same(hash_in_steps(bytes, 1 << 20), want);
  expect_same(hash_in_steps(bytes, 10'007), want);
}

constexpr std::uint64_t kBlock = kBlockSize;
INSTANTIATE_TEST_SUITE_P(Sizes, MerkleOfSize,
                         testing::Values(1, kBlock - 1, kBlock, kBlock + 1, 2 * kBlock,
                                         2 * kBlock + 1, 3 * kBlock, 5 * kBlock - 7, 7 * kBlock,
                                         127 * kBlock + 1, 2000 * kBlock, 2000 * kBlock + 1,
                                         4001 * kBlock + 3));

TEST(MerkleHasher, OfNothingIsTheZeroRoot) {
  expect_same(MerkleHasher().finish(), MerkleTree{});
}

// Folding early, as trees over 2 GiB do, must change nothing. Each size ends
// with another pattern of nodes that wait for their right half.
TEST(MerkleHasher, FoldsWithoutChangingTheTree) {
  const auto bytes = pattern(12'290 * kBlock);
  for (const std::uint64_t size :
       {4096 * kBlock, 4097 * kBlock + 100, 8193 * kBlock, 12'289 * kBlock + 100}) {
    const auto part = BytesView(bytes).first(size);
    expect_same(hash_in_steps(part, 1 << 20, 4096), hash_in_steps(part, 1 << 20));
  }
}

TEST(MerkleHasher, FoldsSeveralLevels) {
  const auto bytes = pattern(16'385 * kBlock + 1);
  const TempFile file(bytes);
  expect_same(hash_in_steps(bytes, 1 << 20, 4096), reference(file, bytes.size()));
}

TEST(MerkleRoot, FollowsFromThePieceLayer) {
  for (const std::uint64_t size : {2 * kBlock, 3 * kBlock + 1, 4001 * kBlock + 3}) {
    const auto tree = hash_in_steps(pattern(size), 1 << 20);
    EXPECT_EQ(merkle_root(tree.size, tree.piece_length, tree.pieces), tree.root);
  }
}

TEST(MerkleRoot, RefusesALayerOfAnotherLength) {
  auto tree = hash_in_steps(pattern(3 * kBlock), 1 << 20);
  tree.pieces.pop_back();
  EXPECT_THROW(merkle_root(tree.size, tree.piece_length, tree.pieces), Error);
  EXPECT_THROW(merkle_root(kBlock, kBlock, {tree.root}), Error);
}

TEST(PieceHash, IsTheLayersEntry) {
  const auto bytes = pattern(4001 * kBlock + 3);
  const auto tree = hash_in_steps(bytes, 1 << 20);
  ASSERT_EQ(tree.piece_length, 4 * kBlock);
  for (const std::size_t piece : {std::size_t{0}, tree.pieces.size() - 1}) {
    const auto start = piece * tree.piece_length;
    const auto size = std::min<std::size_t>(tree.piece_length, bytes.size() - start);
    EXPECT_EQ(piece_hash(BytesView(bytes).subspan(start, size), tree.piece_length),
              tree.pieces[piece]);
  }
}

TEST(PieceHash, OfAFileInOnePieceIsItsRoot) {
  for (const std::uint64_t size : {std::uint64_t{1}, kBlock}) {
    const auto bytes = pattern(size);
    EXPECT_EQ(piece_hash(bytes, 0), hash_in_steps(bytes, 1 << 20).root);
  }
}

TEST(PieceLength, KeepsFilesUnder2000Pieces) {
  EXPECT_EQ(piece_length_for(0), kBlock);
  EXPECT_EQ(piece_length_for(2000 * kBlock), kBlock);
  EXPECT_EQ(piece_length_for(2000 * kBlock + 1), 2 * kBlock);
  EXPECT_EQ(piece_length_for(1ULL << 50), kMaxPieceLength);
}

}  // namespace
}  // namespace roost::crypto
