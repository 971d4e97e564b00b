// The disk back end's jobs, one kind after another, on real files.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>

#include "tests/unit/swarm/disk_fixture.hpp"

namespace roost::swarm::test {
namespace {

TEST(Disk, PieceIsInTheFileWhenItsHashIsTold) {
  Disk disk(8 * Disk::kPiece);
  for (int piece = 0; piece < 8; ++piece) {
    disk.write_piece(piece);
    bool told = false;
    disk.ask_hash(piece, [&](Disk::Hashed hashed) {
      told = true;
      EXPECT_FALSE(hashed.error);
      EXPECT_EQ(hashed.blocks, disk.right_hashes(piece));
      EXPECT_EQ(hashed.written_before, 4U * static_cast<unsigned>(piece + 1));
      const UniqueFd other(::open(disk.file().c_str(), O_RDONLY | O_CLOEXEC));
      Bytes got(Disk::kPiece);
      EXPECT_EQ(::pread(other.get(), got.data(), got.size(), off_t{piece} * Disk::kPiece),
                Disk::kPiece);
      EXPECT_EQ(got, disk.right_bytes(piece, 0, Disk::kPiece));
    });
    EXPECT_TRUE(disk.run_until([&] { return told; }));
  }
  EXPECT_EQ(read_file(disk.file()), disk.data);
}

TEST(Disk, WritesAPieceInOneCallAndReadsNothingBack) {
  Disk disk(2 * Disk::kPiece);
  for (const int block : {2, 0, 3, 1}) disk.write(0, block);
  ASSERT_TRUE(disk.hash(0));
  EXPECT_EQ(disk.calls.writes, 1);
  EXPECT_EQ(disk.calls.reads, 0);
}

TEST(Disk, WritesABatchOfALargePieceBeforeItIsComplete) {
  DiskLimits limits;
  limits.batch = 2;
  Disk disk(Disk::kPiece, limits);
  disk.write(0, 0);
  disk.write(0, 1);
  EXPECT_TRUE(disk.run_until([&] { return disk.written.size() == 2; }));
  disk.write(0, 2);
  disk.write(0, 3);
  const auto hashed = disk.hash(0);
  ASSERT_TRUE(hashed);
  EXPECT_EQ(hashed->blocks, disk.right_hashes(0));
  EXPECT_EQ(disk.calls.writes, 2);
  EXPECT_EQ(disk.calls.reads, 0);
}

TEST(Disk, HashFromMemoryEqualsHashFromTheFile) {
  constexpr int kTail = 20'000;
  Disk disk(Disk::kPiece + kTail, {}, Disk::kPiece - kTail);  // as a hybrid torrent pads it
  for (const int piece : {0, 1}) disk.write_piece(piece);
  std::vector<Disk::Hashed> memory, file;
  for (const int piece : {0, 1}) memory.push_back(*disk.hash(piece, true));
  disk.holder.reset();
  disk.add();  // knows nothing of the blocks
  for (const int piece : {0, 1}) file.push_back(*disk.hash(piece, true));
  EXPECT_GT(disk.calls.reads, 0);
  for (const int piece : {0, 1}) {
    const auto at = static_cast<std::size_t>(piece);
    EXPECT_EQ(memory[at].blocks, disk.right_hashes(piece));
    EXPECT_EQ(file[at].blocks, memory[at].blocks);
    EXPECT_EQ(file[at].sha1, memory[at].sha1);
  }
  Bytes padded = disk.right_bytes(1, 0, kTail);
  padded.resize(Disk::kPiece);
  EXPECT_EQ(memory[1].sha1, lt::hasher(as_text(padded).data(), Disk::kPiece).final());
}

TEST(Disk, ReadsBackOnlyTheBlocksThatWereThereBefore) {
  Disk disk(Disk::kPiece);
  Bytes half = disk.data;
  std::fill(half.begin() + 2 * kBlockBytes, half.end(), std::uint8_t{0});
  write_file(disk.file(), half);
  disk.write(0, 2);
  disk.write(0, 3);
  const auto hashed = disk.hash(0);
  ASSERT_TRUE(hashed);
  EXPECT_EQ(hashed->blocks, disk.right_hashes(0));
  EXPECT_EQ(disk.calls.reads, 2);
}

TEST(Disk, HashesOneBlock) {
  Disk disk(Disk::kPiece);
  disk.write_piece(0);
  std::optional<lt::sha256_hash> got;
  disk.io.async_hash2(disk.holder, lt::piece_index_t(0), 2 * kBlockBytes, {},
                      [&](lt::piece_index_t, const lt::sha256_hash& hash,
                          const lt::storage_error&) { got = hash; });
  ASSERT_TRUE(disk.run_until([&] { return got.has_value(); }));
  EXPECT_EQ(*got, disk.right_hashes(0)[2]);
}

TEST(Disk, ReadsWhatWasJustReceivedFromMemory) {
  Disk disk(Disk::kPiece);
  disk.write_piece(0);
  ASSERT_TRUE(disk.hash(0));
  disk.calls.cold = true;
  EXPECT_EQ(disk.read(0, kBlockBytes, kBlockBytes)->bytes,
            disk.right_bytes(0, kBlockBytes, kBlockBytes));
  EXPECT_EQ(disk.read(0, kBlockBytes, 100)->bytes, disk.right_bytes(0, kBlockBytes, 100));
  EXPECT_EQ(disk.calls.reads, 0);
}

TEST(Disk, ReadsHotPagesAtOnceAndColdOnesOnTheWorker) {
  Disk disk(3 * Disk::kPiece + 5);
  write_file(disk.file(), disk.data);
  bool at_once = false;
  disk.ask_read(0, 0, kBlockBytes, [&](const Disk::Read& read) {
    at_once = read.bytes == disk.right_bytes(0, 0, kBlockBytes);
  });
  EXPECT_TRUE(at_once || disk.read(0, 0, kBlockBytes)) << "a file system without RWF_NOWAIT";
  disk.calls.cold = true;
  const int before = disk.calls.reads;
  int answers = 0;
  for (int block = 0; block < 4; ++block) {
    disk.ask_read(2, block * kBlockBytes, kBlockBytes, [&, block](const Disk::Read& read) {
      EXPECT_EQ(read.bytes, disk.right_bytes(2, block * kBlockBytes, kBlockBytes));
      ++answers;
    });
  }
  EXPECT_EQ(answers, 0);
  EXPECT_TRUE(disk.run_until([&] { return answers == 4; }));
  EXPECT_EQ(disk.calls.reads, before + 1) << "the piece is read ahead";
  EXPECT_EQ(disk.read(3, 0, 5)->bytes, disk.right_bytes(3, 0, 5));
}

TEST(Disk, ReadsAcrossBlocksAndPaddingAsZeros) {
  Disk disk(Disk::kPiece + 100, {}, Disk::kPiece - 100);
  write_file(disk.file(), disk.data);
  EXPECT_EQ(disk.read(0, 10'000, kBlockBytes)->bytes, disk.right_bytes(0, 10'000, kBlockBytes));
  Bytes padded = disk.right_bytes(1, 0, 100);
  padded.resize(kBlockBytes);
  EXPECT_EQ(disk.read(1, 0, kBlockBytes)->bytes, padded);
  EXPECT_EQ(disk.read(1, kBlockBytes, kBlockBytes)->bytes, Bytes(kBlockBytes));
}

TEST(Disk, RefusesRequestsThatMakeNoSense) {
  Disk disk(Disk::kPiece);
  for (const auto& [start, size] : {std::pair{-1, 5}, {0, 0}, {0, kBlockBytes + 1}}) {
    EXPECT_TRUE(disk.read(0, start, size)->error);
  }
}

TEST(Disk, AShortFileFailsOnlyTheBlocksItLacks) {
  Disk disk(Disk::kPiece);
  write_file(disk.file(), disk.right_bytes(0, 0, 2 * kBlockBytes + 7));
  disk.calls.cold = true;
  EXPECT_EQ(disk.read(0, 0, kBlockBytes)->bytes, disk.right_bytes(0, 0, kBlockBytes));
  EXPECT_EQ(disk.read(0, 2 * kBlockBytes, kBlockBytes)->error.ec, lt::errors::file_too_short);
  EXPECT_EQ(disk.hash(0)->error.ec, lt::errors::file_too_short);
}

TEST(Disk, ClearedPieceForgetsItsBlocks) {
  Disk disk(Disk::kPiece);
  const Bytes right = disk.data;
  disk.data[5] ^= 1;
  disk.write_piece(0);
  EXPECT_EQ(disk.hash(0)->blocks, disk.right_hashes(0)) << "of the wrong data";
  ASSERT_TRUE(disk.clear(0));
  disk.data = right;
  disk.write(0, 0);  // the others were right and are not fetched again
  EXPECT_EQ(disk.hash(0)->blocks, disk.right_hashes(0));
  EXPECT_EQ(disk.read(0, 0, kBlockBytes)->bytes, disk.right_bytes(0, 0, kBlockBytes));
}

TEST(Disk, StopWritesWhatWaitsBeforeItReturns) {
  Disk disk(Disk::kPiece);
  disk.write(0, 1);
  EXPECT_EQ(disk.calls.writes, 0);
  bool done = false;
  disk.io.async_stop_torrent(disk.holder, [&] { done = true; });
  EXPECT_EQ(disk.calls.writes, 1);
  EXPECT_TRUE(disk.run_until([&] { return done; }));
  EXPECT_EQ(disk.written.size(), 1U);
  disk.write(0, 0);  // a paused transfer goes on
  EXPECT_TRUE(disk.stop());
  EXPECT_EQ(disk.written.size(), 2U);
}

TEST(Disk, ClosesItsFiles) {
  const auto open_here = [](const std::filesystem::path& file) {
    int count = 0;
    for (const auto& fd : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code ignored;
      count += std::filesystem::read_symlink(fd, ignored) == file ? 1 : 0;
    }
    return count;
  };
  Disk disk(Disk::kPiece);
  disk.write_piece(0);
  ASSERT_TRUE(disk.hash(0));
  EXPECT_EQ(open_here(disk.file()), 1);
  EXPECT_TRUE(disk.stop());
  EXPECT_EQ(open_here(disk.file()), 0);
}

TEST(Disk, RefusesToMoveRenameAndDelete) {
  Disk disk(Disk::kPiece);
  write_file(disk.file(), disk.data);
  int refused = 0;
  const auto refusal = [&](const lt::storage_error& error) {
    refused += error.ec == boost::system::errc::not_supported ? 1 : 0;
  };
  disk.io.async_move_storage(
      disk.holder, "/elsewhere", lt::move_flags_t::fail_if_exist,
      [&](lt::status_t status, const std::string&, const lt::storage_error& e) {
        EXPECT_EQ(status, lt::status_t::fatal_disk_error);
        refusal(e);
      });
  disk.io.async_rename_file(
      disk.holder, lt::file_index_t(0), "other",
      [&](const std::string&, lt::file_index_t, const lt::storage_error& e) { refusal(e); });
  disk.io.async_delete_files(disk.holder, {}, refusal);
  EXPECT_TRUE(disk.run_until([&] { return refused == 3; }));
  EXPECT_EQ(read_file(disk.file()), disk.data);
}

TEST(Disk, AsksForARecheckOnlyOfAFileNobodyVouchesFor) {
  Disk disk(Disk::kPiece);
  const auto check = [&](const lt::add_torrent_params* told) {
    std::optional<lt::status_t> status;
    disk.io.async_check_files(disk.holder, told, {},
                              [&](lt::status_t s, const lt::storage_error&) { status = s; });
    disk.run_until([&] { return status.has_value(); });
    return *status;
  };
  lt::add_torrent_params told;
  told.have_pieces.resize(1, true);
  EXPECT_EQ(check(nullptr), lt::status_t::no_error);
  write_file(disk.file(), disk.data);
  EXPECT_EQ(check(nullptr), lt::status_t::need_full_check);
  EXPECT_EQ(check(&told), lt::status_t::no_error);
}

}  // namespace
}  // namespace roost::swarm::test
