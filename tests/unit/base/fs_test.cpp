#include "core/base/fs.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>

#include <cstdlib>
#include <filesystem>
#include <functional>

namespace roost {
namespace {

struct FileSystem : ::testing::Test {
  void SetUp() override {
    std::string text = std::filesystem::path(::testing::TempDir()) / "roost-fs-XXXXXX";
    ASSERT_NE(::mkdtemp(text.data()), nullptr);
    path = text;
    dir = fs.open_path(text, O_RDONLY | O_DIRECTORY);
  }
  void TearDown() override { std::filesystem::remove_all(path); }

  UniqueFd create(const std::string& name) {
    return fs.open(dir.get(), name, O_RDWR | O_CREAT | O_EXCL, 0644);
  }
  static Error error_of(const std::function<void()>& call) {
    try {
      call();
    } catch (const Error& error) {
      return error;
    }
    return Error(Errc::failed, "nothing was thrown");
  }

  Fs& fs = real_fs();
  std::string path;
  UniqueFd dir;
};

TEST_F(FileSystem, WritesAndReadsAtAnyOffset) {
  const auto fd = create("a");
  fs.write(fd.get(), as_bytes("world"), 6);
  fs.write(fd.get(), as_bytes("hello "), 0);
  Bytes out(100);
  out.resize(fs.read(fd.get(), out, 0));
  EXPECT_EQ(as_text(out), "hello world");
  EXPECT_EQ(fs.read(fd.get(), out, 11), 0U);
}

TEST_F(FileSystem, NamesVerbAndFullPathInErrors) {
  const auto error = error_of([&] { fs.open(dir.get(), "missing", O_RDONLY); });
  EXPECT_EQ(error.code(), Errc::not_found);
  EXPECT_EQ(std::string(error.what()), "open " + path + "/missing: No such file or directory");
  create("a");
  EXPECT_EQ(error_of([&] { create("a"); }).code(), Errc::conflict);
}

TEST_F(FileSystem, NeverOpensBeyondADirectoryOrThroughALink) {
  fs.make_dir(dir.get(), "sub", 0755);
  fs.symlink("sub", dir.get(), "link");
  const auto sub = fs.open(dir.get(), "sub", O_RDONLY | O_DIRECTORY);
  for (const char* name : {"../sub", "/etc", "../../.."}) {
    EXPECT_THROW(fs.open(sub.get(), name, O_RDONLY), Error) << name;
  }
  EXPECT_THROW(fs.open(dir.get(), "link/x", O_WRONLY | O_CREAT, 0644), Error);
  EXPECT_THROW(fs.open(dir.get(), "link", O_RDONLY), Error);
}

TEST_F(FileSystem, HelpsWithAFullDisk) {
  const auto full = fs.open_path("/dev/full", O_WRONLY);
  const auto error = error_of([&] { fs.write(full.get(), as_bytes("x"), 0); });
  EXPECT_EQ(error.code(), Errc::no_space);
  EXPECT_THAT(error.help(), ::testing::HasSubstr("free some space"));
}

TEST_F(FileSystem, TellsWhatIsMissingApartFromFailure) {
  EXPECT_FALSE(fs.stat_at(dir.get(), "missing"));
  EXPECT_FALSE(fs.read_link(dir.get(), "missing"));
  create("file");
  EXPECT_THROW(fs.read_link(dir.get(), "file"), Error);
}

TEST_F(FileSystem, ListsEverythingAgainAndAgain) {
  for (int i = 0; i < 500; ++i) create("file-with-a-rather-long-name-" + std::to_string(i));
  fs.make_dir(dir.get(), "sub", 0755);
  for (int round = 0; round < 2; ++round) {
    const auto entries = fs.list(dir.get());
    EXPECT_EQ(entries.size(), 501U);
    EXPECT_THAT(entries, ::testing::Contains(::testing::Field(&DirEntry::name, "sub")));
  }
}

TEST_F(FileSystem, RenamesWithoutReplacing) {
  create("a");
  create("b");
  EXPECT_EQ(error_of([&] { fs.rename(dir.get(), "a", dir.get(), "b", RENAME_NOREPLACE); }).code(),
            Errc::conflict);
  fs.rename(dir.get(), "a", dir.get(), "b");
  EXPECT_EQ(fs.list(dir.get()).size(), 1U);
}

TEST_F(FileSystem, SetsTimesModesAndSizes) {
  const auto fd = create("a");
  fs.allocate(fd.get(), 100000);
  fs.truncate(fd.get(), 12345);
  fs.chmod(fd.get(), 0555);
  fs.set_mtime(fd.get(), 1234567890);
  fs.symlink("nowhere", dir.get(), "link");
  fs.set_link_mtime(dir.get(), "link", 1234567891);
  const auto found = fs.stat(fd.get());
  EXPECT_EQ(found.st_size, 12345);
  EXPECT_EQ(found.st_mode & 07777, 0555U);
  EXPECT_EQ(found.st_mtim.tv_sec, 1234567890);
  EXPECT_EQ(fs.stat_at(dir.get(), "link")->st_mtim.tv_sec, 1234567891);
}

TEST_F(FileSystem, LetsOneHolderLock) {
  const auto first = create("lock");
  const auto second = fs.open(dir.get(), "lock", O_RDWR);
  EXPECT_TRUE(fs.try_lock(first.get()));
  EXPECT_FALSE(fs.try_lock(second.get()));
}

}  // namespace
}  // namespace roost
