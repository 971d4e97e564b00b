#include "core/store/staging.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fcntl.h>

#include <thread>

#include "core/store/activation.hpp"
#include "core/store/status.hpp"
#include "tests/support/errors.hpp"
#include "tests/unit/store/sample.hpp"

namespace roost::store {
namespace {

namespace fs = std::filesystem;
using test::code_of;

struct Staging : ::testing::Test {
  TempDir temp;
  Root root = Root::open(temp / "root");
  App app = App::open(root, release::Name::parse("web"));

  static mode_t mode(const fs::path& path) {
    struct stat found {};
    EXPECT_EQ(::lstat(path.c_str(), &found), 0) << path;
    return found.st_mode & 07777;
  }
  static std::size_t count(const fs::path& dir) {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(dir), fs::directory_iterator()));
  }
};

// A tree with everything that a release can carry.
Sample everything() {
  const TempDir tree;
  put_file(tree / "bin/tool", noise(70000, 1));
  fs::permissions(tree / "bin/tool", fs::perms(0755));
  put_file(tree / "empty", "");
  fs::create_directories(tree / "void/deep");
  fs::create_directory_symlink("bin/tool", tree / "link");
  fs::create_symlink("/etc/hostname", tree / "outside");
  for (int i = 0; i < 100; ++i) {
    put_file(tree / ("many/" + std::to_string(i)), noise(static_cast<std::size_t>(i) * 50, 7));
  }
  put_file(tree / "large", noise(3 << 20, 2));
  put_file(tree / "sparse",
           "head" + std::string(4 << 20, '\0') + noise(100000, 3) + std::string(2 << 20, '\0'));
  put_file(tree / "zeros", std::string(1 << 20, '\0'));
  for (const auto& entry : fs::recursive_directory_iterator(tree.path())) {
    const timespec times[2] = {{1600000000, 0}, {1600000000, 0}};
    ::utimensat(AT_FDCWD, entry.path().c_str(), times, AT_SYMLINK_NOFOLLOW);
  }
  return Sample::of_tree("web@1.0", tree.path());
}

TEST_F(Staging, MakesTheTreeThatTheIndexDescribes) {
  const auto sample = everything();
  const auto staged = stage(app, sample);
  EXPECT_EQ(staged.dir, sample.dir());
  EXPECT_EQ(staged.path, temp / "root/apps/web/releases" / sample.dir());
  EXPECT_FALSE(staged.was_there);
  EXPECT_THAT(differences(staged.path, sample), ::testing::IsEmpty());
  EXPECT_EQ(fs::read_symlink(staged.path / "outside"), "/etc/hostname");
  EXPECT_EQ(count(temp / "root/apps/web/incoming"), 0U);
}

TEST_F(Staging, FixesModesAndTimes) {
  const auto staged = stage(app, everything());
  EXPECT_EQ(mode(staged.path), 0555U);
  EXPECT_EQ(mode(staged.path / "void/deep"), 0555U);
  EXPECT_EQ(mode(staged.path / ".roost"), 0555U);
  EXPECT_EQ(mode(staged.path / "bin/tool"), 0555U);
  for (const char* name : {"many/7", "large", "empty", "zeros", ".roost/stage.json"}) {
    EXPECT_EQ(mode(staged.path / name), 0444U) << name;
  }
  struct stat found {};
  for (const char* name : {"void", "void/deep", "link", "large", "empty", "many/1"}) {
    ASSERT_EQ(::lstat((staged.path / name).c_str(), &found), 0);
    EXPECT_EQ(found.st_mtim.tv_sec, 1600000000) << name;
  }
}

TEST_F(Staging, LeavesHolesUnwritten) {
  const auto staged = stage(app, everything());
  struct stat found {};
  ASSERT_EQ(::stat((staged.path / "sparse").c_str(), &found), 0);
  EXPECT_LT(found.st_blocks * 512, 1 << 20);
  EXPECT_GT(found.st_size, 6 << 20);
}

TEST_F(Staging, IsTheSameUnderAnyUmask) {
  const auto before = ::umask(077);
  const auto staged = stage(app, everything());
  ::umask(before);
  EXPECT_EQ(mode(staged.path / "bin/tool"), 0555U);
  EXPECT_EQ(mode(staged.path / "many/7"), 0444U);
  EXPECT_EQ(mode(staged.path / "large"), 0444U);
  EXPECT_EQ(mode(staged.path / "empty"), 0444U);
}

TEST_F(Staging, TakesChunksFromSeveralThreadsInAnyOrder) {
  const auto sample = everything();
  auto options = small_disk();
  options.open_files = 2;  // so that files are closed and opened again
  StagingTree tree(app, sample.descriptor, sample.index, sample.index_file, options);
  release::Expander expander(sample.index, tree);
  const auto chunks = static_cast<std::uint32_t>(sample.index.chunks().size());
  {
    std::vector<std::jthread> workers;
    for (std::uint32_t worker = 0; worker < 4; ++worker) {
      workers.emplace_back([&, worker] {
        for (auto at = worker; at < chunks; at += 4) {
          const auto chunk = chunks - 1 - at;
          const auto& info = sample.index.chunks()[chunk];
          expander.expand(chunk, BytesView(sample.image).subspan(info.offset, info.stored_length));
        }
      });
    }
  }
  EXPECT_THAT(differences(tree.commit().path, sample), ::testing::IsEmpty());
}

TEST_F(Staging, RemovesWhatIsNotCommitted) {
  const auto sample = everything();
  {
    StagingTree tree(app, sample.descriptor, sample.index, sample.index_file, small_disk());
    expand_all(sample, tree);
    EXPECT_EQ(count(temp / "root/apps/web/incoming"), 1U);
  }
  EXPECT_EQ(count(temp / "root/apps/web/incoming"), 0U);
  EXPECT_EQ(count(temp / "root/apps/web/releases"), 0U);
}

TEST_F(Staging, RefusesToCommitAnIncompleteTree) {
  const auto sample = everything();
  StagingTree tree(app, sample.descriptor, sample.index, sample.index_file, small_disk());
  EXPECT_EQ(code_of([&] { tree.commit(); }), Errc::integrity);
  EXPECT_EQ(count(temp / "root/apps/web/releases"), 0U);
  EXPECT_EQ(count(temp / "root/apps/web/incoming"), 0U);
}

TEST_F(Staging, RefusesATreeThatHoldsMoreThanTheIndex) {
  const auto sample = Sample::of("web@1", {{"a/x", "1"}, {"a/y", "2"}});
  for (const bool instead : {false, true}) {
    StagingTree tree(app, sample.descriptor, sample.index, sample.index_file, small_disk());
    expand_all(sample, tree);
    const auto top = fs::directory_iterator(temp / "root/apps/web/incoming")->path();
    put_file(top / "a/stranger", "");
    if (instead) fs::remove(top / "a/x");
    EXPECT_EQ(code_of([&] { tree.commit(); }), Errc::integrity);
  }
  EXPECT_EQ(count(temp / "root/apps/web/releases"), 0U);
}

TEST_F(Staging, RefusesWritesOutsideOfItsFiles) {
  const auto sample = Sample::of("web@1", {{"a", "123"}});
  StagingTree tree(app, sample.descriptor, sample.index, sample.index_file, small_disk());
  const Bytes bytes(4, 1);
  EXPECT_EQ(code_of([&] { tree.write(0, 0, bytes); }), Errc::integrity);
  EXPECT_EQ(code_of([&] { tree.write(0, ~0ULL, BytesView(bytes).first(2)); }), Errc::integrity);
  EXPECT_EQ(code_of([&] { tree.write(9, 0, BytesView(bytes).first(1)); }), Errc::integrity);
}

TEST_F(Staging, RefusesAnIndexThatIsNotTheDescriptors) {
  const auto one = Sample::of("web@1", {{"a", "1"}});
  const auto two = Sample::of("web@1", {{"a", "2"}});
  EXPECT_EQ(
      code_of([&] { StagingTree(app, one.descriptor, two.index, two.index_file, small_disk()); }),
      Errc::integrity);
}

TEST_F(Staging, RefusesWhatWouldFillTheDisk) {
  const auto sample = Sample::of("web@1", {{"a", "1"}});
  auto options = small_disk();
  options.space.free_bytes = ~0ULL;
  EXPECT_EQ(code_of([&] { stage(app, sample, options); }), Errc::no_space);
  options = small_disk();
  options.space.free_inodes = ~0ULL >> 1;
  EXPECT_EQ(code_of([&] { stage(app, sample, options); }), Errc::no_space);
  EXPECT_EQ(count(temp / "root/apps/web/incoming"), 0U);
}

TEST_F(Staging, VerifiesAReleaseThatIsThereAlready) {
  const auto sample = Sample::of("web@1", {{"a", "1"}, {"b/c", "2"}});
  const auto first = stage(app, sample);
  const auto second = stage(app, sample);
  EXPECT_TRUE(second.was_there);
  EXPECT_EQ(first.path, second.path);
  EXPECT_EQ(count(temp / "root/apps/web/incoming"), 0U);
}

TEST_F(Staging, ReplacesADamagedReleaseUnlessItIsCurrent) {
  const auto sample = Sample::of("web@1", {{"a", "1"}, {"b/c", "2"}});
  const auto staged = stage(app, sample);
  const auto damage = [&] {
    fs::permissions(staged.path / "a", fs::perms(0644));
    std::ofstream(staged.path / "a") << "X";
  };
  damage();
  EXPECT_FALSE(stage(app, sample).was_there);
  EXPECT_THAT(differences(staged.path, sample), ::testing::IsEmpty());
  EXPECT_EQ(count(temp / "root/apps/web/trash"), 1U);

  activate(app, staged.dir);
  damage();
  EXPECT_EQ(code_of([&] { stage(app, sample); }), Errc::conflict);
  EXPECT_EQ(get_file(temp / "root/apps/web/current/a"), "X");
}

TEST_F(Staging, NumbersReleasesInTheOrderOfTheirCommits) {
  const auto later = Sample::of("web@1", {{"a", "1"}});
  const auto sooner = Sample::of("web@2", {{"a", "2"}});
  stage(app, sooner);
  stage(app, later);
  const auto staged = list_staged(app);
  ASSERT_EQ(staged.size(), 2U);
  EXPECT_EQ(staged[0].release.version.str(), "1");
  EXPECT_EQ(staged[0].order, 2U);
  EXPECT_EQ(staged[0].entries, 1U);
  EXPECT_EQ(staged[1].order, 1U);
  EXPECT_EQ(find_release(root, app.name(), release::Version::parse("2"))->dir, sooner.dir());
  EXPECT_FALSE(find_release(root, app.name(), release::Version::parse("3")));
}

TEST_F(Staging, KeepsDescriptorAndIndexBesideTheTree) {
  const auto sample = Sample::of("web@1", {{"a", "1"}});
  const auto staged = stage(app, sample);
  const auto envelope = crypto::parse_envelope(get_file(staged.path / ".roost/descriptor.json"));
  EXPECT_EQ(envelope, sample.descriptor.envelope());
  const auto index = get_file(staged.path / ".roost/index");
  EXPECT_EQ(Bytes(index.begin(), index.end()), sample.index_file);
}

}  // namespace
}  // namespace roost::store
