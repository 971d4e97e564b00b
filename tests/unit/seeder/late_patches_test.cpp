// Patches that a seeder daemon did not get when it took their release over.
#include "seeder/late_patches.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/seeder/carried_release.hpp"

namespace roost::seeder {
namespace {

constexpr std::uint64_t kBlock = 16 * 1024;  // what is sent is counted in these
constexpr auto kPatience = LatePatches::Settings{}.patience;

void impatient(SeederConfig& config) {
  config.patches.patience = 300ms;
}

// A daemon took a release over from one who has no patches.
class LatePatchesTest : public CarriedRelease {
 protected:
  static constexpr std::size_t kPatchesSize = 200'000;

  void hand_over_without_patches(const RunningDaemon& daemon) {
    id = publish(what, session);
    there = data.path() / "seeds" / id.hex();
    Built poorer = what;
    poorer.patches_file.reset();
    poorer.patches.reset();
    const Seeding seeding(session, poorer);
    DaemonClient(daemon.url()).take_over({id, session.local_endpoint()});
    ASSERT_TRUE(eventually([&] { return state(daemon) == proto::SeedState::serving; }));
  }

  proto::SeedState state(const RunningDaemon& daemon) const {
    return DaemonClient(daemon.url()).status(id)->state;
  }
  bool has_all(const RunningDaemon& daemon) const {
    const auto status = *DaemonClient(daemon.url()).status(id);
    return status.bytes_have == what.index.length() + what.image->length() + kPatchesSize;
  }

  Built what = built(kPatchesSize);
  swarm::Session session{loopback()};
  release::ReleaseId id;
  std::filesystem::path there;
};

// Its publisher could not make them again, and no node has them either.
TEST_F(LatePatchesTest, DoNotKeepADaemonFromServing) {
  const RunningDaemon daemon(data.path(), tracker.url(), impatient);
  hand_over_without_patches(daemon);
  const auto status = *DaemonClient(daemon.url()).status(id);
  EXPECT_EQ(status.bytes_have, what.index.length() + what.image->length());
  EXPECT_EQ(status.bytes, status.bytes_have + kPatchesSize);
  EXPECT_EQ(status.reason, "");
  EXPECT_TRUE(std::filesystem::exists(there / "image.complete"));
  EXPECT_FALSE(std::filesystem::exists(there / "patches.complete"));
}

TEST_F(LatePatchesTest, AreTakenByALaterTry) {
  const RunningDaemon daemon(data.path(), tracker.url(), [](SeederConfig& config) {
    impatient(config);
    config.patches.first_pause = 100ms;
    config.patches.most_pause = 1s;
  });
  hand_over_without_patches(daemon);
  const Seeding with_patches(session, what);
  EXPECT_TRUE(eventually([&] { return has_all(daemon); }));
  EXPECT_EQ(contents(there / "patches"), text);
  EXPECT_TRUE(std::filesystem::exists(there / "patches.complete"));
}

TEST_F(LatePatchesTest, AreNotAskedForAgainBeforeTheirTime) {
  const RunningDaemon daemon(data.path(), tracker.url(), impatient);
  hand_over_without_patches(daemon);
  const Seeding with_patches(session, what);
  EXPECT_FALSE(eventually([&] { return with_patches.uploaded() > 0; }, 2500ms));
}

TEST_F(LatePatchesTest, AreTriedAtARestartWhileItServes) {
  {
    const RunningDaemon daemon(data.path(), tracker.url(), impatient);
    hand_over_without_patches(daemon);
  }
  {
    const RunningDaemon daemon(data.path(), tracker.url());
    ASSERT_TRUE(eventually([&] { return !DaemonClient(daemon.url()).list().empty(); }));
    EXPECT_EQ(state(daemon), proto::SeedState::serving) << "though its patches are still tried";
  }
  const Seeding with_patches(session, what);
  const RunningDaemon daemon(data.path(), tracker.url());
  EXPECT_TRUE(eventually([&] { return has_all(daemon); }));
  EXPECT_EQ(state(daemon), proto::SeedState::serving);
  EXPECT_LT(with_patches.uploaded(), kPatchesSize + kBlock) << "and nothing else";
}

// Whoever hands it over again may have them now; he must stay until they are there.
TEST_F(LatePatchesTest, AreWaitedForWhenTheReleaseIsHandedOverAgain) {
  const RunningDaemon daemon(data.path(), tracker.url());
  hand_over_without_patches(daemon);
  const Seeding with_patches(session, what);
  DaemonClient seeder(daemon.url());
  const proto::SeedRequest request{id, session.local_endpoint()};
  EXPECT_EQ(seeder.take_over(request).state, proto::SeedState::fetching);
  ASSERT_TRUE(eventually([&] { return state(daemon) == proto::SeedState::serving; }));
  EXPECT_TRUE(has_all(daemon));
  EXPECT_EQ(contents(there / "patches"), text);
  EXPECT_EQ(seeder.take_over(request).state, proto::SeedState::serving);
}

TEST(LatePatches, AreTriedLessAndLessOften) {
  std::minstd_rand rng(1);
  LatePatches late{LatePatches::Settings{}};
  LatePatches::Time now{};
  EXPECT_TRUE(late.due(now)) << "the first time";
  for (const auto pause : {1min, 2min, 4min, 8min, 16min, 32min, 60min, 60min}) {
    late.put_off(now, rng);
    EXPECT_FALSE(late.due(now + pause / 2 - 1ms));
    EXPECT_TRUE(late.due(now + pause));
    now += pause;
  }
}

TEST(LatePatches, AreGivenUpOnceNothingComesForAWhile) {
  std::minstd_rand rng(1);
  LatePatches late{LatePatches::Settings{}};
  const LatePatches::Time now{};
  EXPECT_TRUE(late.go_on(0, now));
  EXPECT_TRUE(late.go_on(0, now + kPatience - 1ms));
  EXPECT_TRUE(late.go_on(7, now + kPatience)) << "some came";
  EXPECT_FALSE(late.go_on(7, now + 2 * kPatience));
  late.put_off(now, rng);
  EXPECT_TRUE(late.go_on(7, now + 2min)) << "another try";
  EXPECT_FALSE(late.go_on(7, now + 2min + kPatience));
  late.renew();
  EXPECT_TRUE(late.go_on(7, now + 2min + kPatience)) << "somebody else";
}

}  // namespace
}  // namespace roost::seeder
