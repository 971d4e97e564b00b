#include "core/store/retention.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/store/activation.hpp"
#include "core/store/images.hpp"
#include "core/store/status.hpp"
#include "tests/unit/store/sample.hpp"

namespace roost::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

struct Retention : ::testing::Test {
  TempDir temp;
  Root root = Root::open(temp / "root");
  App app = App::open(root, release::Name::parse("web"));

  // A new release with its image.
  std::string add(const std::string& version) {
    const auto staged = stage(app, Sample::of("web@" + version, {{"bin/a", version}}));
    Image::open(root, staged.id).allocate(100000);
    return staged.dir;
  }
  std::vector<std::string> versions() const {
    std::vector<std::string> all;
    for (const auto& info : list_staged(app)) all.push_back(info.release.version.str());
    return all;
  }
  Collected collect(std::size_t keep) {
    RetentionPolicy policy;
    policy.keep = keep;
    return gc(root, policy);
  }
};

TEST_F(Retention, KeepsTheNewestByOrderOfStaging) {
  for (const char* version : {"9", "1", "5", "3", "7"}) add(version);
  const auto collected = collect(3);
  EXPECT_THAT(versions(), ElementsAre("7", "3", "5"));
  EXPECT_EQ(collected.releases.size(), 2U);
  EXPECT_EQ(collected.images.size(), 2U);
  EXPECT_GT(collected.bytes_freed, 200000U);
  EXPECT_EQ(list_images(root).size(), 3U);
  EXPECT_TRUE(std::filesystem::is_empty(temp / "root/apps/web/trash"));
  EXPECT_THAT(collect(3).releases, IsEmpty());
}

TEST_F(Retention, NeverTakesWhatRunsOrWhatItMayGoBackTo) {
  const auto a = add("a"), b = add("b"), c = add("c");
  add("d");
  add("e");
  activate(app, a);
  activate(app, b);
  collect(0);
  EXPECT_THAT(versions(), ElementsAre("b", "a"));
  EXPECT_EQ(app.rollback_target(), a);
  rollback(app);
  collect(0);
  EXPECT_THAT(versions(), ElementsAre("b", "a"));  // b was the last to be committed
}

TEST_F(Retention, KeepsPinnedReleasesAndImagesInUse) {
  const auto a = add("a");
  const auto b = read_staged(app, add("b"))->id;
  RetentionPolicy policy{.keep = 0, .pinned = {a}, .in_use = {b}};
  const auto collected = gc(root, policy);
  EXPECT_THAT(versions(), ElementsAre("a"));
  EXPECT_THAT(collected.images, IsEmpty());
  EXPECT_EQ(list_images(root).size(), 2U);
}

TEST_F(Retention, CountsWhatIsAlwaysKept) {
  const auto a = add("a");
  for (const char* version : {"b", "c", "d"}) add(version);
  activate(app, a);
  collect(2);
  EXPECT_THAT(versions(), ElementsAre("d", "a"));
}

TEST_F(Retention, KeepsAReleaseThatAProcessRunsFrom) {
  const auto a = add("a"), b = add("b");
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const auto child = ::fork();
  if (child == 0) {
    const bool moved = ::chdir((app.release_path(a) / "bin").c_str()) == 0;
    if (::write(ready[1], moved ? "y" : "n", 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  const auto collected = collect(0);
  EXPECT_THAT(versions(), ElementsAre("a"));
  EXPECT_THAT(collected.running, ElementsAre("web/" + a));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  collect(0);
  EXPECT_THAT(versions(), IsEmpty());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(Retention, RemovesImagesOfReleasesThatAreNotHere) {
  add("a");
  Image::open(root, release::ReleaseId::parse(std::string(64, 'e'))).allocate(10);
  EXPECT_THAT(collect(3).images, ElementsAre(std::string(64, 'e')));
}

}  // namespace
}  // namespace roost::store
