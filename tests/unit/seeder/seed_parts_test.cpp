// What a daemon fetches again of a release whose files are not as it left them.
#include <gtest/gtest.h>

#include "seeder/seed_store.hpp"
#include "tests/unit/seeder/carried_release.hpp"

namespace roost::seeder {
namespace {

constexpr std::uint64_t kBlock = 16 * 1024;  // what is sent is counted in these

// Its publisher is still there, so all of it could be had again.
class SeedParts : public CarriedRelease {
 protected:
  SeedParts() {
    const RunningDaemon daemon(data.path(), tracker.url());
    DaemonClient seeder(daemon.url());
    seeder.take_over({id, session.local_endpoint()});
    EXPECT_TRUE(eventually([&] { return has_all(seeder); }));
  }

  bool has_all(DaemonClient& seeder) const {
    const auto status = seeder.status(id);
    return status && status->state == proto::SeedState::serving &&
           status->bytes_have == status->bytes;
  }

  // The bytes that a daemon got from the publisher until it served all of it again.
  std::uint64_t fetched_after_a_restart() {
    const auto before = seeding.uploaded();
    const RunningDaemon daemon(data.path(), tracker.url());
    DaemonClient seeder(daemon.url());
    EXPECT_TRUE(eventually([&] { return has_all(seeder); }));
    EXPECT_EQ(contents(there / "index"), contents(what.packed.index_path));
    EXPECT_EQ(contents(there / "image"), contents(what.packed.image_path));
    EXPECT_EQ(contents(there / "patches"), text);
    for (const char* part : {"index", "image", "patches"}) {
      EXPECT_TRUE(std::filesystem::exists(there / (std::string(part) + ".complete"))) << part;
    }
    return seeding.uploaded() - before;
  }

  void forget_what_is_complete() const {
    for (const char* part : {"index", "image", "patches"}) {
      std::filesystem::remove(there / (std::string(part) + ".complete"));
    }
  }

  Built what = built(200'000);
  swarm::Session session{loopback()};
  const Seeding seeding{session, what};
  release::ReleaseId id = publish(what, session);
  std::filesystem::path there = data.path() / "seeds" / id.hex();
};

TEST_F(SeedParts, ThatAreThereAreNotFetchedAgain) {
  EXPECT_EQ(fetched_after_a_restart(), 0U);
  forget_what_is_complete();
  EXPECT_EQ(fetched_after_a_restart(), 0U) << "though all had to be looked at";
}

TEST_F(SeedParts, ThatLostTheirFileAreFetchedAlone) {
  for (const auto& [part, length] :
       {std::pair("index", what.index.length()), std::pair("image", what.image->length()),
        std::pair("patches", what.patches->length())}) {
    std::filesystem::remove(there / part);
    const auto fetched = fetched_after_a_restart();
    EXPECT_GE(fetched, length) << part;
    EXPECT_LT(fetched, length + kBlock) << part;
  }
}

TEST_F(SeedParts, ThatLostTheirFileBeforeAllWasThereAreFetchedAlone) {
  forget_what_is_complete();
  std::filesystem::remove(there / "index");
  EXPECT_LT(fetched_after_a_restart(), what.index.length() + kBlock);
}

TEST_F(SeedParts, ThatWereCutAreFetchedFromThereOn) {
  const auto whole = what.image->length();
  std::filesystem::resize_file(there / "image", whole / 2);
  const auto fetched = fetched_after_a_restart();
  EXPECT_GE(fetched, whole / 2);
  EXPECT_LE(fetched, whole / 2 + what.image->piece_length() + kBlock);
}

// After a crash what is made in its place would look complete.
TEST_F(SeedParts, LoseTheirMarkBeforeTheyAreMadeAgain) {
  const SeedStore store(data.path());
  const auto files = store.open(id);
  const auto part = files.read().parts.at(1);
  EXPECT_TRUE(files.complete(part));
  std::filesystem::remove(there / "image");
  EXPECT_FALSE(files.complete(part));
  EXPECT_TRUE(files.allocate(part));
  EXPECT_EQ(std::filesystem::file_size(there / "image"), part.torrent.length());
  EXPECT_FALSE(files.complete(part));
  EXPECT_FALSE(files.allocate(part)) << "now there is one";
}

}  // namespace
}  // namespace roost::seeder
