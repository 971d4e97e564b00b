#include "bench/delta/changes.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <map>

#include "bench/delta/chunks.hpp"
#include "bench/delta/spans.hpp"
#include "core/base/error.hpp"
#include "core/base/tree_compare.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace roost::bench {
namespace {

namespace fs = std::filesystem;
using test::TempDir;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kSize = 4'000'000;
constexpr std::uint64_t kShare = kSize / 20;

struct File {
  std::string bytes;
  fs::perms mode;
  std::time_t time;
};

std::time_t time_of(const fs::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) throw std::runtime_error("lstat");
  return info.st_mtime;
}

std::map<std::string, File> files_of(const fs::path& tree) {
  std::map<std::string, File> files;
  for (const auto& entry : fs::recursive_directory_iterator(tree)) {
    if (!entry.is_regular_file() || entry.is_symlink()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    files[entry.path().lexically_relative(tree)] = {{std::istreambuf_iterator<char>(in), {}},
                                                    entry.status().permissions(),
                                                    time_of(entry.path())};
  }
  return files;
}

// How many bytes lie between the first and the last that differ, of files with the same length.
std::uint64_t extent_of_difference(const std::string& a, const std::string& b) {
  const auto [first, other] = std::mismatch(a.begin(), a.end(), b.begin());
  if (first == a.end()) return 0;
  const auto last = std::mismatch(a.rbegin(), a.rend(), b.rbegin()).first;
  return static_cast<std::uint64_t>(last.base() - first);
}

class Changes : public testing::Test {
 protected:
  TreePair make(std::string_view name, std::uint64_t size = kSize, std::uint64_t seed = 7) {
    return make_pair(find_change_case(name), size, seed, dir_.path());
  }

  TempDir dir_;
};

TEST_F(Changes, AreTheSameForTheSameSeedAndNotForAnother) {
  for (const auto& each : change_cases()) {
    if (each.name == "one-byte") continue;  // 120,000 files take a minute
    SCOPED_TRACE(each.name);
    const TempDir a, b, c;
    const auto one = make_pair(each, 3'000'000, 1, a.path());
    const auto same = make_pair(each, 3'000'000, 1, b.path());
    const auto other = make_pair(each, 3'000'000, 2, c.path());
    for (const auto tree : {&TreePair::old_tree, &TreePair::new_tree}) {
      const auto differences = [&](const TreePair& pair) {
        return compare_trees(one.*tree, pair.*tree, "", Mtimes::compare).differences;
      };
      EXPECT_THAT(differences(same), IsEmpty());
      EXPECT_THAT(differences(other), testing::Not(IsEmpty()));
    }
    EXPECT_EQ(one.changed_bytes, same.changed_bytes);
    EXPECT_EQ(one.changed_packed, same.changed_packed);
  }
}

TEST_F(Changes, InPlaceChangesATwentiethExactlyAndMovesNothing) {
  const auto pair = make("in-place");
  const auto before = files_of(pair.old_tree);
  const auto after = files_of(pair.new_tree);
  ASSERT_EQ(before.size(), after.size());
  EXPECT_EQ(pair.changed_bytes, kShare);
  std::uint64_t in_small = 0;
  std::uint64_t extent_in_large = 0;
  for (const auto& [path, file] : after) {
    const auto& old = before.at(path);
    ASSERT_EQ(file.bytes.size(), old.bytes.size()) << path;
    EXPECT_EQ(file.mode, old.mode) << path;
    const auto extent = extent_of_difference(old.bytes, file.bytes);
    if (path.starts_with("lib/")) {
      extent_in_large += extent;
      if (extent > 0) {
        EXPECT_GE(extent, kLeastSpan) << path;
      }
    } else {
      in_small += extent;
    }
  }
  // With this size each large file has one span at most.
  EXPECT_EQ(in_small + extent_in_large, kShare);
}

TEST_F(Changes, InPlaceTouchesSmallFilesAndLargeOnes) {
  const auto pair = make("in-place", 20'000'000);
  const auto before = files_of(pair.old_tree);
  std::uint64_t small = 0, large = 0;
  for (const auto& [path, file] : files_of(pair.new_tree)) {
    if (file.bytes == before.at(path).bytes) continue;
    (path.starts_with("lib/") ? large : small) += 1;
  }
  EXPECT_EQ(pair.changed_bytes, 1'000'000U);
  EXPECT_GE(small, 8U);
  EXPECT_GE(large, 2U);
}

TEST_F(Changes, InsertedBytesShiftEverythingBehindThem) {
  const auto pair = make("insert");
  const auto before = files_of(pair.old_tree).at("bin/app");
  const auto after = files_of(pair.new_tree).at("bin/app");
  EXPECT_EQ(before.bytes.size(), kSize);
  EXPECT_EQ(after.bytes.size(), kSize + kShare);
  EXPECT_EQ(after.mode, before.mode);
  EXPECT_EQ(pair.changed_bytes, kShare);
  // Every old byte is there, in order.
  std::size_t at = 0;
  for (std::size_t i = 0; i < after.bytes.size() && at < before.bytes.size(); ++i) {
    if (after.bytes[i] == before.bytes[at]) ++at;
  }
  EXPECT_EQ(at, before.bytes.size());
}

TEST_F(Changes, ARenameMovesFilesAndChangesNone) {
  const auto pair = make("rename-dir");
  EXPECT_THAT(compare_trees(pair.old_tree / "src", pair.new_tree / "source", "", Mtimes::compare)
                  .differences,
              IsEmpty());
  EXPECT_FALSE(fs::exists(pair.new_tree / "src"));
  EXPECT_THAT(compare_trees(pair.old_tree / "lib", pair.new_tree / "lib", "").differences,
              IsEmpty());
  EXPECT_EQ(pair.changed_bytes, 0U);
  EXPECT_EQ(pair.changed_packed, 0U);
}

TEST_F(Changes, OneModeOrOneLinkIsTheOnlyDifference) {
  const auto mode = make("mode", 100'000);
  EXPECT_THAT(compare_trees(mode.old_tree, mode.new_tree, "", Mtimes::compare).differences,
              ElementsAre("lib/lib0.so: differs in its executable bit"));
  const TempDir other;
  const auto link = make_pair(find_change_case("link"), 100'000, 7, other.path());
  EXPECT_THAT(compare_trees(link.old_tree, link.new_tree, "", Mtimes::compare).differences,
              ElementsAre("lib/current.so: links elsewhere"));
}

// In memory where there is room: these are 40,000 files.
TEST_F(Changes, OneByteDiffersInEachOfAThousandFiles) {
  const TempDir dir(fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path());
  const auto pair = make_pair(find_change_case("one-byte"), 1'000'000, 7, dir.path());
  const auto before = files_of(pair.old_tree);
  const auto after = files_of(pair.new_tree);
  ASSERT_EQ(after.size(), 20'000U);
  std::uint64_t size = 0;
  std::uint64_t changed = 0;
  for (const auto& [path, file] : after) {
    size += file.bytes.size();
    const auto extent = extent_of_difference(before.at(path).bytes, file.bytes);
    EXPECT_LE(extent, 1U) << path;
    EXPECT_EQ(extent == 1, file.time != before.at(path).time) << path;
    changed += extent;
  }
  EXPECT_EQ(size, 1'000'000U);
  EXPECT_EQ(changed, 1'000U);
  EXPECT_EQ(pair.changed_bytes, 1'000U);
}

TEST_F(Changes, TheSameTreeAgainDiffersInNothing) {
  const auto pair = make("none", 100'000);
  EXPECT_THAT(compare_trees(pair.old_tree, pair.new_tree, "", Mtimes::compare).differences,
              IsEmpty());
}

// rsync passes over files with the same size and time.
TEST_F(Changes, TimesTellWhichFilesAreNew) {
  for (const auto* name : {"in-place", "insert"}) {
    SCOPED_TRACE(name);
    const TempDir dir;
    const auto pair = make_pair(find_change_case(name), 3'000'000, 1, dir.path());
    const auto before = files_of(pair.old_tree);
    for (const auto& [path, file] : files_of(pair.new_tree)) {
      const auto& old = before.at(path);
      EXPECT_EQ(file.bytes == old.bytes, file.time == old.time) << path;
    }
  }
}

TEST_F(Changes, ACopyOfTwoTreesHasTheirContentsAndTimesThatTell) {
  const TempDir from, to;
  const auto write = [](const fs::path& path, const std::string& text) {
    std::ofstream(path) << text;
  };
  write(from / "same", "same");
  write(to / "same", "same");
  write(from / "other", "one");
  write(to / "other", "two");
  write(to / "new", "new");
  fs::create_symlink("nowhere", to / "link");
  const auto pair = copy_pair(from.path(), to.path(), dir_.path());
  EXPECT_THAT(compare_trees(from.path(), pair.old_tree, "").differences, IsEmpty());
  EXPECT_THAT(compare_trees(to.path(), pair.new_tree, "").differences, IsEmpty());
  const auto differ = [&](const char* name) {
    return time_of(pair.old_tree / name) != time_of(pair.new_tree / name);
  };
  EXPECT_FALSE(differ("same"));
  EXPECT_TRUE(differ("other"));
  EXPECT_EQ(pair.changed_bytes, std::nullopt);
}

TEST_F(Changes, RefuseASizeThatIsTooSmallAndATreeThatIsNotThere) {
  EXPECT_EQ(test::code_of([&] { make("in-place", 1'000'000); }), Errc::usage);
  EXPECT_EQ(test::code_of([] { find_change_case("no-such"); }), Errc::usage);
  EXPECT_EQ(test::code_of([&] { copy_pair(dir_ / "missing", dir_.path(), dir_ / "work"); }),
            Errc::not_found);
}

TEST_F(Changes, WhatIsComparedWithAreTheChunksThatTheOldReleaseLacks) {
  const auto update = update_of(make("in-place"), dir_.path(), {});
  EXPECT_EQ(update.old_size, kSize);
  EXPECT_EQ(update.changed_bytes, kShare);
  // Chunks reach beyond what changed in them.
  EXPECT_GT(update.stored_bytes, *update.changed_packed);
  EXPECT_LT(update.stored_bytes, 4 * *update.changed_packed);
  EXPECT_GT(update.index_bytes, 1'000U);
  EXPECT_LT(update.index_bytes, kShare);
  EXPECT_FALSE(fs::exists(dir_ / "pack"));
}

TEST_F(Changes, ARenameAModeAndALinkCostNoChunk) {
  for (const auto* name : {"rename-dir", "mode", "link", "none"}) {
    SCOPED_TRACE(name);
    const TempDir dir;
    const auto pair = make_pair(find_change_case(name), 2'000'000, 1, dir.path());
    EXPECT_EQ(update_of(pair, dir.path(), {}).stored_bytes, 0U);
  }
}

}  // namespace
}  // namespace roost::bench
