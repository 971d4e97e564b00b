// Disks that are full, slow or broken, and sessions that end with work under way.
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>

#include "tests/unit/swarm/disk_fixture.hpp"

namespace roost::swarm::test {
namespace {

ssize_t fails_with(int number) {
  errno = number;
  return -1;
}

class DiskError : public testing::TestWithParam<int> {};

TEST_P(DiskError, NamesTheCauseAndTellsNoHash) {
  Disk disk(2 * Disk::kPiece);
  disk.calls.on_write = [](int, const iovec*, int, std::int64_t) { return fails_with(GetParam()); };
  disk.write_piece(0);
  const auto hashed = disk.hash(0);
  ASSERT_TRUE(hashed);
  EXPECT_EQ(hashed->error.ec, boost::asio::error::operation_aborted) << "no verdict on the data";
  ASSERT_EQ(disk.written.size(), 4U);
  for (const lt::storage_error& error : disk.written) {
    EXPECT_EQ(error.ec, lt::error_code(GetParam(), boost::system::generic_category()));
    EXPECT_EQ(error.operation, lt::operation_t::file_write);
    EXPECT_EQ(error.file(), lt::file_index_t(0));
  }
  disk.calls.on_write = nullptr;
  ASSERT_TRUE(disk.clear(0));
  disk.write_piece(0);
  EXPECT_EQ(disk.hash(0)->blocks, disk.right_hashes(0));
}

INSTANTIATE_TEST_SUITE_P(Disk, DiskError, testing::Values(ENOSPC, EDQUOT, EIO, EROFS));

TEST(DiskErrors, BlocksThatCouldNotBeWrittenDoNotCountLater) {
  Disk disk(Disk::kPiece);
  disk.calls.on_write = [](int, const iovec*, int, std::int64_t) { return fails_with(EIO); };
  disk.write_piece(0);
  ASSERT_TRUE(disk.hash(0));
  disk.calls.on_write = nullptr;
  ASSERT_TRUE(disk.clear(0));
  disk.write(0, 0);
  EXPECT_EQ(disk.hash(0)->error.ec, lt::errors::file_too_short) << "the others are in no file";
}

TEST(DiskErrors, ShortWritesGoOnWhereTheyStopped) {
  Disk disk(Disk::kPiece);
  disk.calls.on_write = [&](int fd, const iovec* parts, int, std::int64_t offset) {
    return ::pwrite(fd, parts->iov_base, std::min<std::size_t>(parts->iov_len, 10'000), offset);
  };
  disk.write_piece(0);
  ASSERT_FALSE(disk.hash(0)->error);
  EXPECT_EQ(read_file(disk.file()), disk.data);
}

TEST(DiskErrors, AMissingDirectoryIsAnErrorOfOpening) {
  Disk disk(Disk::kPiece);
  std::filesystem::remove(disk.dir / "t");
  disk.write_piece(0);
  ASSERT_TRUE(disk.hash(0));
  EXPECT_EQ(disk.written.front().ec, boost::system::errc::no_such_file_or_directory);
  EXPECT_EQ(disk.written.front().operation, lt::operation_t::file_open);
}

TEST(DiskErrors, AFullFileSystemSaysSo) {
  Disk disk(64 * Disk::kPiece);
  const std::string small = (disk.dir / "t").string();
  if (::mount("none", small.c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "needs to mount a tmpfs";
  }
  for (int piece = 0; piece < 64; ++piece) disk.write_piece(piece);
  EXPECT_TRUE(disk.stop());
  EXPECT_EQ(disk.written.size(), 256U);
  const auto full = std::count_if(disk.written.begin(), disk.written.end(), [](const auto& error) {
    return error.ec == boost::system::errc::no_space_on_device;
  });
  EXPECT_GE(full, 64);
  ::umount2(small.c_str(), MNT_DETACH);
}

// Lets writes through one at a time.
class Gate {
 public:
  void open(int count = 1'000'000) {
    const std::lock_guard lock(mutex_);
    tickets_ += count;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return tickets_ > 0; });
    --tickets_;
  }
  Calls::Write slow() {
    return [this](int fd, const iovec* parts, int count, std::int64_t offset) {
      pass();
      return ::pwritev(fd, parts, count, offset);
    };
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int tickets_ = 0;
};

struct Peer final : lt::disk_observer {
  void on_disk() override { ++told; }
  int told = 0;
};

TEST(DiskErrors, FastSenderWaitsForASlowDiskInBoundedMemory) {
  DiskLimits limits;
  limits.blocks = 64;
  limits.unwritten = 32;
  Disk disk(64 * Disk::kPiece, limits);
  Gate gate;
  disk.calls.on_write = gate.slow();
  const auto peer = std::make_shared<Peer>();
  int most = 0, times_held_up = 0;
  for (int block = 0; block < 64 * 4; ++block) {
    const bool wait = disk.write(block / 4, block % 4, peer);
    disk.io.submit_jobs();
    most = std::max(most, disk.io.blocks_in_use());
    if (!wait) continue;
    ++times_held_up;
    const int before = peer->told;
    gate.open(8);
    ASSERT_TRUE(disk.run_until([&] {
      if (peer->told == before) gate.open(1);
      return peer->told > before;
    }));
  }
  gate.open();
  EXPECT_TRUE(disk.stop());
  EXPECT_GT(times_held_up, 3);
  EXPECT_LE(most, limits.blocks);
  EXPECT_EQ(disk.written.size(), 256U);
  EXPECT_EQ(read_file(disk.file()), disk.data);
}

TEST(DiskErrors, MemoryStaysBoundedWhenReadingALargeFile) {
  DiskLimits limits;
  limits.blocks = 64;
  Disk disk(64 * Disk::kPiece, limits);
  write_file(disk.file(), disk.data);
  for (int piece = 0; piece < 64; ++piece) {
    EXPECT_EQ(disk.read(piece, 0, kBlockBytes)->bytes, disk.right_bytes(piece, 0, kBlockBytes));
    EXPECT_LE(disk.io.blocks_in_use(), limits.blocks);
  }
}

TEST(DiskErrors, EveryJobIsAnsweredWhenTheSessionEnds) {
  Disk disk(16 * Disk::kPiece);
  Gate gate;
  disk.calls.on_write = gate.slow();
  disk.calls.cold = true;
  int hashes = 0, reads = 0;
  for (int piece = 0; piece < 16; ++piece) {
    disk.write_piece(piece);
    disk.ask_hash(piece, [&](const Disk::Hashed&) { ++hashes; });
    disk.ask_read(piece, 1, 100, [&](const Disk::Read&) { ++reads; });
  }
  disk.io.submit_jobs();
  disk.io.abort(false);
  EXPECT_EQ(disk.written.size(), 0U);
  gate.open();
  disk.network.run();  // ends by itself
  EXPECT_EQ(disk.written.size(), 64U);
  EXPECT_EQ(hashes, 16);
  EXPECT_EQ(reads, 16);
}

TEST(DiskErrors, EndsWithAnswersThatNobodyCanHearAnyMore) {
  const auto witness = std::make_shared<int>(0);
  {
    Disk disk(4 * Disk::kPiece);
    disk.write_piece(0);
    disk.ask_hash(0, [witness](const Disk::Hashed&) { FAIL() << "the network thread is gone"; });
    disk.write(1, 0);
    disk.io.submit_jobs();
    disk.io.abort(true);
  }
  EXPECT_EQ(witness.use_count(), 1);
}

TEST(DiskErrors, ARemovedTransferTakesItsAnswersWithIt) {
  Disk disk(4 * Disk::kPiece);
  Gate gate;
  disk.calls.on_write = gate.slow();
  disk.write_piece(0);
  disk.write(1, 0);
  disk.io.submit_jobs();
  disk.holder.reset();
  disk.add();  // the same file under a new index
  gate.open();
  disk.write_piece(1);
  EXPECT_EQ(disk.hash(1)->blocks, disk.right_hashes(1));
  EXPECT_EQ(disk.written.size(), 9U);
}

}  // namespace
}  // namespace roost::swarm::test
