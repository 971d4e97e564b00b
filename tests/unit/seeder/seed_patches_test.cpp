// The third part of a release where it is only carried: built, seeded, taken over by a daemon.
#include <gmock/gmock.h>

#include "seeder/seed_store.hpp"
#include "tests/unit/seeder/carried_release.hpp"

namespace roost::seeder {
namespace {

using SeedPatches = CarriedRelease;

TEST_F(SeedPatches, ArePartOfWhatWasBuilt) {
  const auto small = built(5000);
  EXPECT_EQ(small.patches->name(), "web@1.patches");
  EXPECT_EQ(as_text(*small.patches_bytes), text);
  const auto descriptor = release::parse_descriptor(sign(small).payload);
  EXPECT_EQ(descriptor.patches, release::FilePart::of(small.patches_file->tree));
  small.patches->require(*descriptor.patches, "patches torrent");
  EXPECT_TRUE(small.same_bytes(descriptor));
  EXPECT_FALSE(built(proto::kMaxInlineIndex + 1).patches_bytes);
}

TEST_F(SeedPatches, AreSharedButNotCountedAsCopies) {
  const auto what = built(200'000);
  swarm::Session session(loopback());
  const Seeding seeding(session, what);
  publish(what, session);
  Node node(tracker.url(), "node-1");
  EXPECT_EQ(seeding.copies(), 0);
  EXPECT_TRUE(node.fetch(release));
  EXPECT_TRUE(eventually([&] { return seeding.copies() >= 1; })) << "though nobody has patches";
  EXPECT_TRUE(node.fetch_patches(release));
  EXPECT_EQ(node.patches(), text);
}

TEST_F(SeedPatches, AreServedByADaemonThatTookOverAndAfterARestart) {
  const auto what = built(200'000);
  {
    RunningDaemon daemon(data.path(), tracker.url());
    DaemonClient seeder(daemon.url());
    release::ReleaseId id;
    {
      swarm::Session session(loopback());
      const Seeding seeding(session, what);
      id = publish(what, session);
      seeder.take_over({id, session.local_endpoint()});
      ASSERT_TRUE(
          eventually([&] { return seeder.status(id)->state == proto::SeedState::serving; }));
    }
    const auto status = seeder.status(id);
    EXPECT_EQ(status->bytes, what.index.length() + what.image->length() + 200'000);
    EXPECT_EQ(status->bytes_have, status->bytes);
    const auto there = data.path() / "seeds" / id.hex();
    EXPECT_EQ(contents(there / "patches"), text);
    EXPECT_EQ(contents(there / "patches.torrent"), as_text(what.patches->encode()));
  }
  RunningDaemon daemon(data.path(), tracker.url());
  const proto::Caller caller{"node-2", {"127.0.0.1", 9}, {}};
  ASSERT_TRUE(eventually([&] {
    const auto neighbours = client.offer(release, caller).neighbours;
    return std::ranges::any_of(neighbours,
                               [&](const auto& peer) { return peer.endpoint == daemon.swarm(); });
  }));
  Node node(tracker.url(), "node-2");
  EXPECT_TRUE(node.fetch_patches(release));
  EXPECT_EQ(node.patches(), text);
}

TEST_F(SeedPatches, OfAnotherFileThanWasSignedAreNotTakenOver) {
  const auto what = built(5000);
  const auto envelope = sign(what);
  const auto id = release::release_id_of(envelope.payload);
  SeedTorrents torrents{what.index.encode(), what.image->encode(), what.patches->encode()};
  EXPECT_EQ(SeedPapers::check(id, envelope, torrents).parts.size(), 3U);
  torrents.patches = torrents.index;
  try {
    SeedPapers::check(id, envelope, torrents);
    FAIL() << "taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::integrity);
    EXPECT_THAT(error.what(), testing::HasSubstr("patches torrent"));
  }
}

}  // namespace
}  // namespace roost::seeder
