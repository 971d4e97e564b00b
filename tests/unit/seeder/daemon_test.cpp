// The seeder daemon: taken over, restarted, unpublished; and its files.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "core/crypto/merkle.hpp"
#include "seeder/hand_over.hpp"
#include "seeder/pieces_on_disk.hpp"
#include "seeder/seed_store.hpp"
#include "seeder/statements.hpp"
#include "tests/unit/seeder/running_daemon.hpp"

namespace roost::seeder {
namespace {

using testing::HasSubstr;

class Daemon : public testing::Test {
 protected:
  Daemon() {
    tree.add("readme", "hello\n");
    tree.add("big", noise(2'000'000, 3));
  }

  PublishOptions options(const net::Url& seeder) {
    PublishOptions result{tree.path(), release, tracker.url()};
    result.seeder = seeder;
    result.work_dir = work.path();
    result.swarm.listen = {"127.0.0.1", 0};
    result.timeout = 30s;
    return result;
  }

  RunningTracker tracker;
  TrackerClient client{tracker.url()};
  crypto::SecretKey key = crypto::SecretKey::generate();
  SourceTree tree;
  TempDir work, data;
  release::ReleaseRef release = release::ReleaseRef::parse("web@1");
  PublishObserver nobody;
};

TEST_F(Daemon, ServesAfterThePublisherHasLeftAndAfterARestart) {
  {
    RunningDaemon daemon(data.path(), tracker.url());
    const auto result = publish(options(daemon.url()), key, nobody, {});
    EXPECT_THAT(result.ended, HasSubstr("serves it"));
    DaemonClient seeder(daemon.url());
    ASSERT_EQ(seeder.list().size(), 1U);
    EXPECT_EQ(seeder.status(*result.release_id)->state, proto::SeedState::serving);
    Node node(tracker.url(), "node-1");
    EXPECT_TRUE(node.fetch(release));
    EXPECT_EQ(node.image().size(), result.image_bytes);
  }
  RunningDaemon daemon(data.path(), tracker.url());
  Node node(tracker.url(), "node-2");
  // The port is another one now; its announce tells the tracker.
  const proto::Caller caller{"node-2", {"127.0.0.1", 9}, {}};
  ASSERT_TRUE(eventually([&] {
    const auto neighbours = client.offer(release, caller).neighbours;
    return std::ranges::any_of(neighbours,
                               [&](const auto& peer) { return peer.endpoint == daemon.swarm(); });
  }));
  EXPECT_TRUE(node.fetch(release));
}

// The publisher's zone is another: what counts is where the daemon is.
TEST_F(Daemon, IsNamedToNodesByItsOwnZone) {
  RunningDaemon daemon(data.path(), tracker.url(),
                       [](SeederConfig& config) { config.swarm.zone = "rack-7"; });
  auto what = options(daemon.url());
  what.zone = what.swarm.zone = "office";
  const auto result = publish(what, key, nobody, {});
  EXPECT_EQ(DaemonClient(daemon.url()).status(*result.release_id)->zone, "rack-7");
  // Everybody is known before anybody asks in earnest: a zone without nodes has no say.
  const std::vector<proto::Caller> callers{{"a", {"127.0.0.1", 9}, "rack-7"},
                                           {"b", {"127.0.0.1", 10}, "rack-8"},
                                           {"c", {"127.0.0.1", 11}, "rack-8"},
                                           {"d", {"127.0.0.1", 12}, "office"},
                                           {"e", {"127.0.0.1", 13}, "office"}};
  for (const auto& caller : callers) client.offer(release, caller);
  std::map<std::string, int> told;
  for (const auto& caller : callers) {
    const auto neighbours = client.offer(release, caller).neighbours;
    told[caller.zone] += static_cast<int>(std::ranges::count_if(
        neighbours, [&](const auto& peer) { return peer.endpoint == daemon.swarm(); }));
  }
  EXPECT_EQ(told, (std::map<std::string, int>{{"rack-7", 1}, {"rack-8", 1}, {"office", 1}}));
}

TEST_F(Daemon, GoesOnWhereItWasAfterARestart) {
  // A publisher that hands over slowly, to a daemon that is stopped half-way.
  auto what = options(net::Url::parse("http://127.0.0.1:1"));
  what.seeder.reset();
  what.goal = Forever{};
  what.swarm.upload_limit = 1'500'000;
  Publishing publishing(what, key);
  ASSERT_TRUE(publishing.registered());
  const auto id = client.release(release)->release_id;
  const auto offer = client.offer(release, {"node-1", {"127.0.0.1", 9}, {}});
  {
    RunningDaemon daemon(data.path(), tracker.url());
    DaemonClient seeder(daemon.url());
    seeder.take_over({id, offer.neighbours.at(0).endpoint});
    ASSERT_TRUE(eventually([&] { return seeder.status(id)->bytes_have > 500'000; }));
    EXPECT_EQ(seeder.status(id)->state, proto::SeedState::fetching);
  }
  RunningDaemon daemon(data.path(), tracker.url());
  DaemonClient seeder(daemon.url());
  // Nobody asks again: it finds the publisher by itself.
  ASSERT_TRUE(eventually([&] { return seeder.status(id).has_value(); }));
  EXPECT_GT(seeder.status(id)->bytes_have, 500'000U);
  EXPECT_TRUE(eventually([&] { return seeder.status(id)->state == proto::SeedState::serving; }));
}

TEST_F(Daemon, DropsWhatWasUnpublished) {
  RunningDaemon daemon(data.path(), tracker.url());
  const auto result = publish(options(daemon.url()), key, nobody, {});
  unpublish(client, key, release);
  DaemonClient seeder(daemon.url());
  EXPECT_TRUE(eventually([&] { return seeder.list().empty(); }));
  EXPECT_TRUE(eventually(
      [&] { return !std::filesystem::exists(data.path() / "seeds" / result.release_id->hex()); }));
}

TEST_F(Daemon, KeepsItsSeedsWhenTheTrackerLostItsRegistry) {
  release::ReleaseId id;
  {
    RunningDaemon daemon(data.path(), tracker.url());
    id = *publish(options(daemon.url()), key, nobody, {}).release_id;
  }
  RunningTracker other;
  RunningDaemon daemon(data.path(), other.url());
  TrackerClient watch(other.url());
  DaemonClient seeder(daemon.url());
  // Several checks at an interval of 100 ms go by.
  EXPECT_FALSE(eventually([&] { return seeder.list().empty(); }, 500ms));
  EXPECT_EQ(seeder.status(id)->state, proto::SeedState::serving);
}

TEST_F(Daemon, RefusesAReleaseThatTheTrackerDoesNotKnow) {
  RunningDaemon daemon(data.path(), tracker.url());
  DaemonClient seeder(daemon.url());
  const release::ReleaseId id{Sha256::parse(std::string(64, 'a'))};
  seeder.take_over({id, {"127.0.0.1", 9}});
  ASSERT_TRUE(eventually([&] { return seeder.status(id)->state == proto::SeedState::failed; }));
  EXPECT_THAT(seeder.status(id)->reason, HasSubstr("no such release"));
  EXPECT_TRUE(seeder.drop(id));
  EXPECT_FALSE(seeder.drop(id));
}

TEST_F(Daemon, IsLookedForBeforeAnythingIsRegistered) {
  const auto code = [&](const net::Url& seeder) {
    try {
      publish(options(seeder), key, nobody, {});
    } catch (const Error& error) {
      return error.code();
    }
    return Errc::failed;
  };
  EXPECT_EQ(code(net::Url::parse("http://127.0.0.1:1")), Errc::unavailable);
  EXPECT_EQ(code(tracker.url()), Errc::usage);  // an HTTP server, but no seeder
  EXPECT_FALSE(client.release(release));
}

TEST_F(Daemon, SaysNoInTheFormOfTheApi) {
  RunningDaemon daemon(data.path(), tracker.url());
  net::HttpClient http(daemon.url());
  const auto unknown = http.get("/v1/nothing", Deadline::in(5s));
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(unknown.body, HasSubstr("\"not_found\""));
  EXPECT_EQ(http.post("/v1/seeds", "{}", Deadline::in(5s)).status, 400);
  EXPECT_EQ(http.get("/v1/seeds/zz", Deadline::in(5s)).status, 404);
  EXPECT_EQ(http.post("/v1/seeds/zz", "{}", Deadline::in(5s)).status, 404);
}

TEST_F(Daemon, DirectoryHasOneDaemon) {
  RunningDaemon daemon(data.path(), tracker.url());
  try {
    RunningDaemon second(data.path(), tracker.url());
    FAIL() << "two daemons on one directory";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::conflict);
    EXPECT_THAT(error.what(), HasSubstr("in use by process"));
  }
}

TEST(SeedStore, RefusesWhatIsNoSeedersDirectory) {
  TempDir dir;
  std::ofstream(dir.path() / "letter") << "mine";
  EXPECT_THROW(SeedStore{dir.path()}, Error);
  EXPECT_EQ(contents(dir.path() / "letter"), "mine");
}

TEST(SeedStore, RefusesANewerFormatByName) {
  TempDir dir;
  { SeedStore store(dir.path()); }
  std::ofstream(dir.path() / "format") << "roost-seeder 9\n";
  try {
    SeedStore store(dir.path());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::usage);
    EXPECT_THAT(error.what(), HasSubstr("format 9"));
  }
}

TEST(PiecesOnDisk, AreThoseWhoseHashHolds) {
  TempDir dir;
  auto text = noise(100'000, 5);  // seven pieces of 16 KiB, the last one short
  crypto::MerkleHasher hasher;
  hasher.update(as_bytes(text));
  const auto torrent = proto::Metainfo::make("file", hasher.finish());
  ASSERT_EQ(torrent.pieces(), 7U);
  text[20'000] ^= 1;  // piece 1
  const auto file = dir.path() / "file";
  std::ofstream(file, std::ios::binary) << text;
  EXPECT_EQ(pieces_on_disk(file, torrent, {}),
            (swarm::Bitmap{true, false, true, true, true, true, true}));
  std::filesystem::resize_file(file, 70'000);  // pieces 4 to 6 are cut off
  EXPECT_EQ(pieces_on_disk(file, torrent, {}),
            (swarm::Bitmap{true, false, true, true, false, false, false}));
}

TEST(PiecesOnDisk, KnowAFileOfOnePiece) {
  TempDir dir;
  const auto text = noise(1000, 6);
  crypto::MerkleHasher hasher;
  hasher.update(as_bytes(text));
  const auto torrent = proto::Metainfo::make("file", hasher.finish());
  const auto file = dir.path() / "file";
  std::ofstream(file, std::ios::binary) << text;
  EXPECT_EQ(pieces_on_disk(file, torrent, {}), swarm::Bitmap{true});
}

}  // namespace
}  // namespace roost::seeder
