// Publishing against a real tracker, with real sessions on loopback.
#include "seeder/publish.hpp"

#include <gmock/gmock.h>

#include <barrier>

#include "core/release/index.hpp"
#include "seeder/statements.hpp"
#include "tests/unit/seeder/publish_fixture.hpp"

namespace roost::seeder {
namespace {

using testing::HasSubstr;

TEST_F(Publish, RegistersReleaseAndChannelTogether) {
  SourceTree tree;
  tree.add("a/b", "hello");
  auto what = options(tree, "web@1");
  what.channels = {release::Channel::parse("prod")};
  const auto result = run(what);
  EXPECT_TRUE(result.created);
  EXPECT_EQ(result.sequence, 1U);
  EXPECT_EQ(result.files, 1U);
  EXPECT_EQ(result.tree_bytes, 5U);
  const auto summary = client.release(what.release);
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->release_id, *result.release_id);
  EXPECT_EQ(summary->tree_digest, result.tree_digest);
  EXPECT_EQ(summary->image->info_hash.hex(), result.info_hash);
  const auto channel = client.channel(release::ChannelRef::parse("web/prod"));
  ASSERT_TRUE(channel);
  EXPECT_EQ(channel->state.release_id, *result.release_id);
  EXPECT_TRUE(std::filesystem::is_empty(work.path()));
}

TEST_F(Publish, SeedsUntilTheOnlyFollowerHasACopy) {
  Node node(tracker.url(), "node-1");
  node.follow("web/prod");
  const auto tree = small_tree();
  auto what = options(tree, "web@1", Copies{});
  what.channels = {release::Channel::parse("prod")};
  Publishing publishing(what, key);
  ASSERT_TRUE(publishing.registered());
  EXPECT_TRUE(node.fetch(what.release));
  const auto result = publishing.result();
  ASSERT_TRUE(result) << publishing.error()->what();
  EXPECT_EQ(result->followers, 1U);
  EXPECT_GE(result->copies, 1.0);
  EXPECT_GE(result->uploaded, result->image_bytes);
  EXPECT_EQ(node.image().size(), result->image_bytes);
  EXPECT_EQ(release::parse_index(as_bytes(node.index())).tree_digest(), result->tree_digest);
}

TEST_F(Publish, WaitsForNodesThatStagedIt) {
  Node first(tracker.url(), "node-1");
  Node second(tracker.url(), "node-2");
  const auto tree = small_tree();
  const auto what = options(tree, "web@1", Staged{2});
  Publishing publishing(what, key);
  ASSERT_TRUE(publishing.registered());
  first.report_staged(what.release);
  ASSERT_TRUE(eventually([&] { return publishing.news() == "1 of 2 nodes staged"; }))
      << publishing.news();
  second.report_staged(what.release);
  ASSERT_TRUE(publishing.result()) << publishing.error()->what();
  EXPECT_EQ(publishing.result()->staged, 2U);
}

TEST_F(Publish, SameTreeAgainIsASuccessThatKeepsTheFirst) {
  const auto tree = small_tree();
  const auto first = run(options(tree, "web@1"));
  auto what = options(tree, "web@1");
  what.channels = {release::Channel::parse("prod")};
  what.builder = "another host";
  what.created = 1;
  const auto second = run(what);
  EXPECT_FALSE(second.created);
  EXPECT_TRUE(second.same_bytes);
  EXPECT_EQ(second.release_id, first.release_id);
  EXPECT_EQ(second.sequence, 1U);
  EXPECT_EQ(client.channel(release::ChannelRef::parse("web/prod"))->state.release_id,
            *first.release_id);
}

TEST_F(Publish, SameTreeAgainSeedsOnOnlyIfTooFewHaveIt) {
  const auto tree = small_tree();
  const auto what = options(tree, "web@1", Copies{});
  run(options(tree, "web@1"));
  Node node(tracker.url(), "node-1");
  node.report_staged(what.release);
  const auto again = run(what);  // returns: the one node that asked for it has it
  EXPECT_FALSE(again.created);
  EXPECT_EQ(again.uploaded, 0U);
}

TEST_F(Publish, HybridIsSeededUnderItsRegisteredHash) {
  const auto tree = small_tree();
  auto hybrid = options(tree, "web@1");
  hybrid.hybrid = true;
  const auto first = run(hybrid);
  const auto summary = client.release(hybrid.release);
  EXPECT_TRUE(summary->image->info_hash_v1.has_value());
  const auto again = run(options(tree, "web@1"));
  EXPECT_FALSE(again.created);
  EXPECT_EQ(again.info_hash, first.info_hash);
}

TEST_F(Publish, OtherTreeIsAConflict) {
  const auto tree = small_tree();
  const auto other = small_tree("hallo\n");
  const auto longer = small_tree("longer than hello\n");
  run(options(tree, "web@1"));
  const auto same_size = failure(options(other, "web@1"));
  EXPECT_EQ(same_size.code(), Errc::conflict);
  EXPECT_THAT(same_size.what(), HasSubstr("publish web@1: it is registered with another tree"));
  EXPECT_EQ(failure(options(longer, "web@1")).code(), Errc::conflict);
  EXPECT_TRUE(std::filesystem::is_empty(work.path()));
}

TEST_F(Publish, AnotherKeyIsRefused) {
  const auto tree = small_tree();
  run(options(tree, "web@1"));
  const auto other = crypto::SecretKey::generate();
  EXPECT_EQ(failure(options(tree, "web@2"), other).code(), Errc::not_authorised);
  EXPECT_EQ(failure(options(tree, "web@1"), other).code(), Errc::not_authorised);
  EXPECT_FALSE(client.release(release::ReleaseRef::parse("web@2")));
}

TEST_F(Publish, NobodyFollowsIsSaidAndIsPartialInTheEnd) {
  const auto tree = small_tree();
  auto what = options(tree, "web@1", Copies{});
  what.channels = {release::Channel::parse("prod")};
  what.timeout = 2s;
  Publishing publishing(what, key);
  ASSERT_TRUE(publishing.error());
  EXPECT_EQ(publishing.error()->code(), Errc::partial);
  EXPECT_THAT(publishing.news(), HasSubstr("no node follows web/prod yet"));
  EXPECT_TRUE(client.release(what.release));
  EXPECT_TRUE(std::filesystem::is_empty(work.path()));
}

TEST_F(Publish, OutOfTimeBeforeTheRegistrationIsADeadline) {
  const auto tree = small_tree();
  auto what = options(tree, "web@1");
  what.timeout = 0ms;
  EXPECT_EQ(failure(what).code(), Errc::deadline);
  EXPECT_FALSE(client.release(what.release));
}

TEST_F(Publish, UnreachableTrackerIsNamed) {
  const auto tree = small_tree();
  auto what = options(tree, "web@1");
  what.tracker = net::Url::parse("http://127.0.0.1:1");
  const auto error = failure(what);
  EXPECT_EQ(error.code(), Errc::unavailable);
  EXPECT_THAT(error.what(), HasSubstr("127.0.0.1:1"));
  EXPECT_TRUE(std::filesystem::is_empty(work.path()));
}

// Asks for a stop at a given moment.
struct Stopper : PublishObserver {
  explicit Stopper(Phase when) : phase(when) {}
  void on_phase(Phase now) override {
    if (now == phase) source.request_stop();
  }
  Phase phase;
  std::stop_source source;
};

TEST_F(Publish, StopBeforeTheRegistrationLeavesNothing) {
  const auto tree = small_tree();
  for (const auto phase : {Phase::scan, Phase::pack, Phase::sign}) {
    Stopper stopper(phase);
    try {
      publish(options(tree, "web@1"), key, stopper, stopper.source.get_token());
      FAIL() << "went on after a stop in " << to_text(phase);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::interrupted);
      EXPECT_STREQ(error.what(), "publish web@1: stopped; nothing was registered");
    }
    EXPECT_FALSE(client.release(release::ReleaseRef::parse("web@1"))) << to_text(phase);
    EXPECT_TRUE(std::filesystem::is_empty(work.path()));
  }
}

TEST_F(Publish, StopWhileSeedingSaysWhatIsRegistered) {
  const auto tree = small_tree();
  auto what = options(tree, "web@1", Forever{});
  what.channels = {release::Channel::parse("prod")};
  Publishing publishing(what, key);
  ASSERT_TRUE(publishing.registered());
  publishing.stop();
  ASSERT_TRUE(publishing.error());
  EXPECT_EQ(publishing.error()->code(), Errc::interrupted);
  EXPECT_THAT(publishing.error()->what(), HasSubstr("registered as"));
  EXPECT_THAT(publishing.error()->what(), HasSubstr("web/prod"));
  EXPECT_TRUE(client.release(what.release));
  EXPECT_TRUE(std::filesystem::is_empty(work.path()));
}

// Lets publishers sign only when all of them are about to: then they must race.
class StartLine {
 public:
  explicit StartLine(std::ptrdiff_t publishers) : barrier_(publishers) {}
  std::function<void(Phase)> hook() {
    return [this](Phase phase) {
      if (phase == Phase::sign) barrier_.arrive_and_wait();
    };
  }

 private:
  std::barrier<> barrier_;
};

TEST_F(Publish, PublishersOfOneNameTakeTurns) {
  StartLine line(4);
  const auto tree = small_tree();
  std::vector<std::unique_ptr<Publishing>> all;
  for (const char* release : {"web@1", "web@2", "web@3", "web@4"}) {
    auto what = options(tree, release);
    what.channels = {release::Channel::parse("prod")};
    all.push_back(std::make_unique<Publishing>(what, key, line.hook()));
  }
  std::uint64_t sum = 0;
  for (const auto& one : all) {
    ASSERT_TRUE(one->result()) << one->error()->what();
    sum += one->result()->sequence;
  }
  EXPECT_EQ(sum, 1U + 2 + 3 + 4);
  EXPECT_EQ(client.channel(release::ChannelRef::parse("web/prod"))->state.version, 4U);
}

TEST_F(Publish, ManyPublishersOfTheSameTreeAgreeOnOneRelease) {
  StartLine line(4);
  const auto tree = small_tree();
  std::vector<std::unique_ptr<Publishing>> all;
  for (int i = 0; i < 4; ++i) {
    auto what = options(tree, "web@1");
    what.channels = {release::Channel::parse("prod")};
    what.builder = "host " + std::to_string(i);
    all.push_back(std::make_unique<Publishing>(what, key, line.hook()));
  }
  int created = 0;
  for (const auto& one : all) {
    ASSERT_TRUE(one->result()) << one->error()->what();
    created += one->result()->created ? 1 : 0;
    EXPECT_EQ(one->result()->release_id, all[0]->result()->release_id);
  }
  EXPECT_EQ(created, 1);
}

TEST_F(Publish, DryRunRegistersNothing) {
  const auto tree = small_tree();
  PublishObserver nobody;
  auto what = options(tree, "web@1");
  what.tracker = net::Url::parse("http://127.0.0.1:1");
  const auto result = publish_dry(what, nobody, {});
  EXPECT_FALSE(result.release_id);
  EXPECT_EQ(result.files, 2U);
  EXPECT_GT(result.image_bytes, 300'000U);
  EXPECT_TRUE(std::filesystem::is_empty(work.path()));
}

TEST_F(Publish, EmptyTreeIsARelease) {
  const SourceTree tree;
  const auto result = run(options(tree, "web@1"));
  EXPECT_TRUE(result.created);
  EXPECT_EQ(result.image_bytes, 0U);
  EXPECT_FALSE(client.release(release::ReleaseRef::parse("web@1"))->image);
}

TEST_F(Publish, PromoteMovesAndUnpublishWithdraws) {
  const auto tree = small_tree();
  run(options(tree, "web@1"));
  const auto release = release::ReleaseRef::parse("web@1");
  const auto prod = release::Channel::parse("prod");
  EXPECT_TRUE(promote(client, key, release, prod).moved);
  EXPECT_FALSE(promote(client, key, release, prod).moved);
  EXPECT_THROW(unpublish(client, key, release), Error);  // a channel names it
  const auto other = small_tree("other\n");
  run(options(other, "web@2"));
  promote(client, key, release::ReleaseRef::parse("web@2"), prod);
  unpublish(client, key, release);
  EXPECT_FALSE(client.release(release));
  const auto error = failure(options(tree, "web@1"));
  EXPECT_EQ(error.code(), Errc::conflict) << error.what();
}

}  // namespace
}  // namespace roost::seeder
