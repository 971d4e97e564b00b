// The model that the crash tests stand on.
#include "tests/support/fs/disk_model.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/fs/crash_fs.hpp"
#include "tests/support/temp_dir.hpp"

namespace roost::test {
namespace {

struct DiskModel : ::testing::Test {
  TempDir temp;
  CrashFs fs;
  UniqueFd top = fs.open_path(temp.path().string(), O_RDONLY | O_DIRECTORY);

  void put(const std::string& name, const std::string& text) {
    const auto fd = fs.open(top.get(), name, O_WRONLY | O_CREAT, 0644);
    fs.write(fd.get(), as_bytes(text), 0);
  }
  void sync(const std::string& name) { fs.sync(fs.open(top.get(), name, O_RDONLY, 0).get()); }
  // "name=bytes " of each file, for each state that a crash now may leave, each once.
  std::set<std::string> left() {
    PowerCuts cuts(fs.start(), {});
    for (const auto& op : fs.log()) cuts.happened(op);
    std::set<std::string> states;
    cuts.for_each([&](const Disk& disk) {
      std::string state;
      for (const auto* name : {"a", "b"}) {
        const auto found = disk.find(name);
        if (found) state += std::string(name) + "=" + disk.bytes(*found) + " ";
      }
      states.insert(state);
    });
    return states;
  }
};

using States = std::set<std::string>;

TEST_F(DiskModel, LosesNameAndBytesOfAFileEachByItself) {
  fs.record(temp.path());
  put("a", "new");
  EXPECT_EQ(left(), (States{"", "a= ", "a=new ", std::string("a=\0\0\0 ", 6)}));
}

TEST_F(DiskModel, KeepsBytesOnceTheFileIsSyncedAndNamesOnceTheDirectoryIs) {
  fs.record(temp.path());
  put("a", "new");
  sync("a");
  EXPECT_EQ(left(), (States{"", "a=new "}));
  fs.sync(top.get());
  EXPECT_EQ(left(), (States{"a=new "}));
}

TEST_F(DiskModel, KeepsEverythingOnceTheFileSystemIsSynced) {
  fs.record(temp.path());
  put("a", "new");
  fs.sync_fs(top.get());
  EXPECT_EQ(left(), (States{"a=new "}));
}

TEST_F(DiskModel, RenamesAsAWhole) {
  put("a", "old");
  put("b", "new");
  fs.record(temp.path());
  fs.rename(top.get(), "b", top.get(), "a", 0);
  EXPECT_EQ(left(), (States{"a=old b=new ", "a=new "}));
}

TEST_F(DiskModel, SeesUnlinkAndSymlinkInPlaceOfARename) {
  put("a", "old");
  put("b", "new");
  CrashFs careless(Broken::replacing);
  careless.record(temp.path());
  careless.rename(top.get(), "b", top.get(), "a", 0);
  ASSERT_EQ(careless.log().size(), 2U);
  EXPECT_EQ(careless.log()[0].kind, Op::Kind::remove);
}

TEST_F(DiskModel, ReordersWritesAndTearsTheLastBySectors) {
  put("a", std::string(1024, '.'));
  fs.record(temp.path());
  const auto fd = fs.open(top.get(), "a", O_WRONLY, 0);
  fs.write(fd.get(), as_bytes("1"), 0);
  fs.write(fd.get(), as_bytes(std::string(600, '2')), 400);
  const auto states = left();
  const auto text = [](std::size_t ones, std::size_t from, std::size_t to) {
    auto bytes = std::string(1024, '.');
    bytes.replace(0, ones, ones, '1');
    bytes.replace(from, to - from, to - from, '2');
    return "a=" + bytes + " ";
  };
  for (const std::size_t ones : {0, 1}) {
    EXPECT_TRUE(states.contains(text(ones, 0, 0)));       // the second is lost
    EXPECT_TRUE(states.contains(text(ones, 400, 1000)));  // it came
    EXPECT_TRUE(states.contains(text(ones, 400, 512)));   // its first sector came
    EXPECT_TRUE(states.contains(text(ones, 512, 1000)));  // all but that
  }
  EXPECT_EQ(states.size(), 10U);  // and its sectors are zeros
}

TEST_F(DiskModel, LeavesOutEachPairAndEachTailOfMany) {
  fs.record(temp.path());
  for (int i = 0; i < 12; ++i) fs.make_dir(top.get(), std::to_string(i), 0755);
  PowerCuts cuts(fs.start(), {});
  for (const auto& op : fs.log()) cuts.happened(op);
  std::map<std::size_t, std::size_t> states;  // by how many directories are left
  std::set<std::uint64_t> seen;
  cuts.for_each([&](const Disk& disk) {
    if (seen.insert(disk.hash()).second) ++states[disk.tree(Disk::kTop).size() - 1];
  });
  EXPECT_EQ(states[12], 1U);
  EXPECT_EQ(states[11], 12U);
  EXPECT_EQ(states[10], 66U);
  for (std::size_t prefix = 0; prefix < 10; ++prefix) EXPECT_EQ(states[prefix], 1U) << prefix;
}

TEST_F(DiskModel, ADirectoryHasOneNameHoweverItWasMoved) {
  fs.make_dir(top.get(), "a", 0755);
  fs.make_dir(top.get(), "b", 0755);
  fs.record(temp.path());
  const auto b = fs.open(top.get(), "b", O_RDONLY | O_DIRECTORY, 0);
  fs.rename(top.get(), "a", b.get(), "x", 0);
  fs.rename(b.get(), "x", b.get(), "y", 0);
  PowerCuts cuts(fs.start(), {});
  for (const auto& op : fs.log()) cuts.happened(op);
  cuts.for_each([&](const Disk& disk) {
    EXPECT_EQ(
        disk.find("a").has_value() + disk.find("b/x").has_value() + disk.find("b/y").has_value(),
        1);
  });
}

TEST_F(DiskModel, IsWrittenOutAsItWasRead) {
  fs.make_dir(top.get(), "dir", 0755);
  const auto dir = fs.open(top.get(), "dir", O_RDONLY | O_DIRECTORY, 0);
  fs.symlink("../a", dir.get(), "link");
  fs.link(dir.get(), "link", top.get(), "again");
  put("a", "text");
  fs.chmod(fs.open(top.get(), "a", O_RDONLY, 0).get(), 0444);
  fs.chmod(dir.get(), 0555);
  std::map<ino_t, InodeId> ids, ids_of_copy;
  const auto disk = Disk::load(temp.path(), ids);
  const TempDir copy;
  disk.materialise(copy.path());
  ::chmod(copy.path().c_str(), 0700);
  EXPECT_EQ(Disk::load(copy.path(), ids_of_copy).hash(), disk.hash());
  EXPECT_EQ(ids.size(), 4U);
}

}  // namespace
}  // namespace roost::test
