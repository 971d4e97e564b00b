#include "tracker/registry.hpp"

#include <gtest/gtest.h>

#include "tests/unit/tracker/sample.hpp"
#include "tracker/sqlite.hpp"

namespace roost::tracker {
namespace {

using sample::channel;
using sample::code_of;
using sample::make;
using sample::named;
using sample::Wish;

class RegistryTest : public ::testing::Test {
 protected:
  Recorded record(const Wish& wish) { return record(key, wish); }
  Recorded record(const crypto::SecretKey& by, const Wish& wish) {
    return registry->record(admit(make(by, wish).registration, trust), 1000);
  }
  bool raced(const Wish& wish) {
    try {
      record(wish);
      return false;
    } catch (const Raced&) {
      return true;
    }
  }
  release::VerifiedChannel statement(const std::string& on, std::uint64_t version,
                                     const std::string& release, const release::ReleaseId& id) {
    return admit_channel(sample::channel_statement(key, on, version, release, id), key.public_key(),
                         {});
  }
  void reopen() {
    registry.reset();
    registry = std::make_unique<Registry>(file);
  }

  sample::TempDir directory;
  std::filesystem::path file = directory.path() / "registry.db";
  crypto::SecretKey key = crypto::SecretKey::generate();
  crypto::SecretKey other = crypto::SecretKey::generate();
  std::vector<crypto::PublicKey> trust;
  std::unique_ptr<Registry> registry = std::make_unique<Registry>(file);
};

TEST_F(RegistryTest, KeepsAReleaseAcrossARestart) {
  const auto given = make(key, {.channels = {{"web/prod", 1}}});
  const auto recorded = registry->record(admit(given.registration, {}), 1234);
  EXPECT_TRUE(recorded.created);
  EXPECT_EQ(recorded.sequence, 1U);
  ASSERT_EQ(recorded.moved.size(), 1U);
  reopen();
  const auto found = registry->release(named("web@1"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, given.id);
  EXPECT_EQ(found->descriptor, given.descriptor);
  EXPECT_EQ(found->envelope, given.registration.descriptor);
  EXPECT_EQ(found->index_torrent, given.registration.index_torrent);
  EXPECT_EQ(found->image_torrent, given.registration.image_torrent);
  EXPECT_EQ(found->index_bytes, given.registration.index);
  EXPECT_EQ(found->seeder.str(), "10.0.0.1:6881");
  EXPECT_EQ(found->registered, 1234);
  EXPECT_TRUE(registry->release(given.id));
  EXPECT_EQ(registry->owner(release::Name::parse("web")), key.public_key());
  const auto at = registry->channel(channel("web/prod"));
  ASSERT_TRUE(at);
  EXPECT_EQ(at->state.version, 1U);
  EXPECT_EQ(at->state.release_id, given.id);
  EXPECT_EQ(at->statement, given.registration.channels[0]);
}

TEST_F(RegistryTest, KnowsWhatIsNotThere) {
  EXPECT_FALSE(registry->release(named("web@1")));
  EXPECT_FALSE(registry->release(release::ReleaseId{}));
  EXPECT_FALSE(registry->name(release::Name::parse("web")));
  EXPECT_FALSE(registry->owner(release::Name::parse("web")));
  EXPECT_FALSE(registry->channel(channel("web/prod")));
  EXPECT_TRUE(registry->history(channel("web/prod")).empty());
  EXPECT_NO_THROW(registry->ping());
}

TEST_F(RegistryTest, KeepsAReleaseWithoutImage) {
  record({.image_size = 0, .index_size = 200'000});
  const auto found = registry->release(named("web@1"));
  EXPECT_FALSE(found->image_torrent);
  EXPECT_FALSE(found->index_bytes);
}

TEST_F(RegistryTest, KeepsPatchesAcrossARestart) {
  const auto small = make(key, {.patches_size = 5000});
  registry->record(admit(small.registration, {}), 1000);
  record({.release = "web@2", .sequence = 2, .tree = "two"});
  reopen();
  const auto found = registry->release(named("web@1"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->patches_torrent, small.registration.patches_torrent);
  EXPECT_EQ(found->patches_bytes, small.registration.patches);
  EXPECT_EQ(found->seeder.str(), "10.0.0.1:6881");
  EXPECT_FALSE(registry->release(named("web@2"))->patches_torrent);
  EXPECT_FALSE(registry->release(named("web@2"))->patches_bytes);
}

TEST_F(RegistryTest, WantsPatchesOfANewReleaseButNotOfWhoServesItAgain) {
  auto given = make(key, {.patches_size = 5000}).registration;
  auto without = given;
  without.patches_torrent.reset();
  without.patches.reset();
  without.seeder = Endpoint::parse("10.0.0.2:1");
  EXPECT_EQ(code_of([&] { registry->record(admit(without, {}), 1000); }), Errc::usage);
  EXPECT_FALSE(registry->release(named("web@1"))) << "all of it or nothing";
  registry->record(admit(given, {}), 1000);
  EXPECT_FALSE(registry->record(admit(without, {}), 1001).created);
  const auto found = registry->release(named("web@1"));
  EXPECT_EQ(found->seeder.str(), "10.0.0.2:1");
  EXPECT_EQ(found->patches_bytes, given.patches);
}

TEST_F(RegistryTest, TakesTheSameTreeAgainAndNotesItsSeeder) {
  const auto first = record({});
  const auto again = record({.sequence = 2, .created = 1'800'000'000, .seeder = "10.0.0.2:1"});
  EXPECT_FALSE(again.created);
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(again.sequence, 1U);
  EXPECT_EQ(registry->release(named("web@1"))->seeder.str(), "10.0.0.2:1");
  EXPECT_EQ(registry->name(release::Name::parse("web"))->sequence, 1U);
}

TEST_F(RegistryTest, DoesNotNoteASeederOfAnotherImage) {
  record({});
  record({.image_size = 90'000, .seeder = "10.0.0.2:1"});
  EXPECT_EQ(registry->release(named("web@1"))->seeder.str(), "10.0.0.1:6881");
}

TEST_F(RegistryTest, RefusesAnotherTreeUnderTheSameVersion) {
  record({});
  EXPECT_EQ(code_of([&] { record({.sequence = 2, .tree = "tree two"}); }), Errc::conflict);
  EXPECT_FALSE(raced({}));
}

TEST_F(RegistryTest, ComparesAndSwapsTheSequence) {
  EXPECT_TRUE(raced({.sequence = 2})) << "the first is 1";
  record({});
  EXPECT_TRUE(raced({.release = "web@2", .sequence = 1, .tree = "two"}));
  EXPECT_TRUE(raced({.release = "web@2", .sequence = 3, .tree = "two"}));
  record({.release = "web@2", .sequence = 2, .tree = "two"});
  EXPECT_EQ(registry->name(release::Name::parse("web"))->sequence, 2U);
}

TEST_F(RegistryTest, ComparesAndSwapsChannelVersions) {
  EXPECT_TRUE(raced({.channels = {{"web/prod", 2}}}));
  EXPECT_FALSE(registry->release(named("web@1"))) << "all of it or nothing";
  record({.channels = {{"web/prod", 1}}});
  EXPECT_TRUE(
      raced({.release = "web@2", .sequence = 2, .tree = "two", .channels = {{"web/prod", 1}}}));
  EXPECT_FALSE(registry->release(named("web@2")));
  record({.release = "web@2", .sequence = 2, .tree = "two", .channels = {{"web/prod", 2}}});
  EXPECT_EQ(registry->channel(channel("web/prod"))->state.release, named("web@2"));
  EXPECT_EQ(registry->history(channel("web/prod")).size(), 2U);
}

TEST_F(RegistryTest, GivesANameToTheFirstKey) {
  record({});
  const Wish second{.release = "web@2", .sequence = 2, .tree = "two"};
  EXPECT_EQ(code_of([&] { record(other, second); }), Errc::not_authorised);
  EXPECT_EQ(code_of([&] { record(other, {}); }), Errc::not_authorised) << "the same tree, even";
  EXPECT_NO_THROW(record(other, {.release = "db@1"}));
  trust = {other.public_key()};
  EXPECT_NO_THROW(record(other, second)) << "a configured key stands above owners";
  EXPECT_EQ(registry->owner(release::Name::parse("web")), key.public_key());
}

TEST_F(RegistryTest, MovesChannelsAndKeepsTheirHistory) {
  const auto one = record({.channels = {{"web/prod", 1}}});
  const auto two = record({.release = "web@2", .sequence = 2, .tree = "two"});
  const auto moved = registry->move(statement("web/prod", 2, "web@2", two.id), 5);
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->state.release, named("web@2"));
  EXPECT_FALSE(registry->move(statement("web/prod", 2, "web@2", two.id), 6)) << "said again";
  EXPECT_THROW(registry->move(statement("web/prod", 2, "web@1", one.id), 6), Raced);
  EXPECT_THROW(registry->move(statement("web/prod", 4, "web@1", one.id), 6), Raced);
  EXPECT_TRUE(registry->move(statement("web/prod", 3, "web@1", one.id), 6)) << "back is forward";
  EXPECT_EQ(code_of([&] { registry->move(statement("web/prod", 4, "web@9", one.id), 6); }),
            Errc::not_found);
  EXPECT_THROW(registry->move(statement("web/prod", 4, "web@1", two.id), 6), Raced);
  const auto history = registry->history(channel("web/prod"));
  ASSERT_EQ(history.size(), 3U);
  EXPECT_EQ(history[0].state.version, 3U);
  EXPECT_EQ(history[1].state.release, named("web@2"));
  EXPECT_EQ(registry->channels_naming(one.id).size(), 1U);
  EXPECT_TRUE(registry->channels_naming(two.id).empty());
  EXPECT_EQ(registry->name(release::Name::parse("web"))->channels.size(), 1U);
}

TEST_F(RegistryTest, WithdrawsForGood) {
  const auto one = record({.channels = {{"web/prod", 1}}});
  const auto gone = [&](const release::ReleaseId& id) {
    registry->withdraw(
        admit_unpublish(sample::unpublish_statement(key, "web@1", id), key.public_key(), {}), 7);
  };
  EXPECT_EQ(code_of([&] { gone(one.id); }), Errc::conflict) << "a channel names it";
  const auto two =
      record({.release = "web@2", .sequence = 2, .tree = "two", .channels = {{"web/prod", 2}}});
  EXPECT_EQ(code_of([&] { gone(two.id); }), Errc::conflict) << "another release's id";
  gone(one.id);
  EXPECT_FALSE(registry->release(named("web@1")));
  EXPECT_FALSE(registry->release(one.id));
  EXPECT_EQ(code_of([&] { gone(one.id); }), Errc::not_found);
  EXPECT_EQ(code_of([&] { record({.sequence = 3}); }), Errc::conflict) << "never used again";
  EXPECT_EQ(registry->name(release::Name::parse("web"))->sequence, 2U);
  EXPECT_EQ(registry->history(channel("web/prod")).size(), 2U) << "history stays";
  int count = 0;
  registry->each_release([&](const ReleaseRecord&) { ++count; });
  EXPECT_EQ(count, 1);
}

TEST_F(RegistryTest, KeepsWhereTheSeederIs) {
  auto given = make(key, {}).registration;
  given.zone = "dc1";
  registry->record(admit(given, {}), 1000);
  reopen();
  EXPECT_EQ(registry->release(named("web@1"))->seeder_zone, "dc1");
  given.zone = "dc2";
  registry->record(admit(given, {}), 1001);
  EXPECT_EQ(registry->release(named("web@1"))->seeder_zone, "dc2");
}

TEST_F(RegistryTest, BringsAnOlderSchemaForward) {
  record({});
  registry.reset();
  {
    Database older(file);  // as version 1 left it
    older.execute("ALTER TABLE releases DROP COLUMN seeder_zone");
    older.execute("ALTER TABLE releases DROP COLUMN patches_torrent");
    older.execute("ALTER TABLE releases DROP COLUMN patches_bytes");
    older.execute("PRAGMA user_version = 1");
  }
  registry = std::make_unique<Registry>(file);
  ASSERT_TRUE(registry->release(named("web@1")));
  EXPECT_EQ(registry->release(named("web@1"))->seeder_zone, "");
  EXPECT_FALSE(registry->release(named("web@1"))->patches_torrent);
  record({.release = "web@2", .sequence = 2, .tree = "two", .patches_size = 5000});
  EXPECT_TRUE(registry->release(named("web@2"))->patches_bytes);
}

TEST_F(RegistryTest, BringsASchemaWithoutPatchesForward) {
  auto given = make(key, {}).registration;
  given.zone = "dc1";
  registry->record(admit(given, {}), 1000);
  registry.reset();
  {
    Database older(file);  // as version 2 left it
    older.execute("ALTER TABLE releases DROP COLUMN patches_torrent");
    older.execute("ALTER TABLE releases DROP COLUMN patches_bytes");
    older.execute("PRAGMA user_version = 2");
  }
  registry = std::make_unique<Registry>(file);
  const auto found = registry->release(named("web@1"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->seeder_zone, "dc1");
  EXPECT_FALSE(found->patches_torrent);
  record({.release = "web@2", .sequence = 2, .tree = "two", .patches_size = 5000});
  EXPECT_TRUE(registry->release(named("web@2"))->patches_bytes);
}

TEST_F(RegistryTest, RefusesANewerSchemaByName) {
  registry.reset();
  Database(file).execute("PRAGMA user_version = 99");
  try {
    Registry again(file);
    FAIL() << "opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::usage);
    EXPECT_NE(std::string(error.what()).find("99"), std::string::npos);
  }
}

TEST_F(RegistryTest, RefusesOtherFiles) {
  const auto alien = directory.path() / "alien.db";
  Database(alien).execute("CREATE TABLE something (x)");
  EXPECT_EQ(code_of([&] { Registry opened(alien); }), Errc::usage);
  const auto text = directory.path() / "text.db";
  std::FILE* stream = std::fopen(text.c_str(), "w");
  std::fputs(std::string(5000, 'x').c_str(), stream);
  std::fclose(stream);
  EXPECT_EQ(code_of([&] { Registry opened(text); }), Errc::integrity);
}

TEST_F(RegistryTest, SyncsEveryCommit) {
  Database database(file);
  const auto setting = [&](const char* sql) {
    auto row = database.prepare(sql);
    row.step();
    return row.text(0);
  };
  EXPECT_EQ(setting("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(setting("PRAGMA synchronous"), "2");
  EXPECT_EQ(setting("PRAGMA foreign_keys"), "1");
}

}  // namespace
}  // namespace roost::tracker
