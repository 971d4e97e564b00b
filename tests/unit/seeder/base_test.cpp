// What a release is packed against: by itself, as asked for, and where the base is no good.
#include <gmock/gmock.h>

#include "core/release/descriptor.hpp"
#include "core/release/index.hpp"
#include "core/release/pack.hpp"
#include "seeder/built.hpp"
#include "tests/support/errors.hpp"
#include "tests/unit/seeder/lying_tracker.hpp"
#include "tests/unit/seeder/publish_fixture.hpp"

namespace roost::seeder {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

const auto kProd = release::Channel::parse("prod");
const auto kStaging = release::Channel::parse("staging");

// What an observer hears of, in order.
struct Listener : PublishObserver {
  void on_packed(const PublishResult& so_far) override {
    heard.emplace_back("packed");
    packed.emplace(so_far);
  }
  void on_registered(const PublishResult& /*so_far*/) override { heard.emplace_back("registered"); }
  void on_note(const std::string& text) override { notes.push_back(text); }

  std::vector<std::string> heard, notes;
  std::optional<PublishResult> packed;
};

class Base : public Publish {
 protected:
  // Trees that share 3 MB; each version has 200 kB of its own.
  static SourceTree version(int number, int small_files = 0) {
    SourceTree tree;
    tree.add("big", noise(3'000'000, 1));
    tree.add("own", noise(200'000, 100U + static_cast<unsigned>(number)));
    for (int i = 0; i < small_files; ++i) {
      const auto seed = static_cast<unsigned>(i);
      const auto path = "d/" + to_hex(as_bytes(noise(20, 99U + seed)));
      tree.add(path, noise(3, seed));
    }
    return tree;
  }

  PublishOptions on_prod(const SourceTree& tree, const std::string& release,
                         Goal goal = SeedFor{0ms}) {
    auto what = options(tree, release, goal);
    what.channels = {kProd};
    return what;
  }

  PublishResult hear(const PublishOptions& what) { return publish(what, key, listener, {}); }

  std::optional<release::BaseRelease> recorded(const std::string& release) {
    const auto summary = client.release(release::ReleaseRef::parse(release));
    return release::parse_descriptor(client.descriptor(summary->release_id).payload).base;
  }

  proto::ReleaseOffer offer_of(const std::string& release) {
    return client.offer(release::ReleaseRef::parse(release), {{}, {"0.0.0.0", 0}, {}});
  }

  Listener listener;
  const SourceTree one = version(1), two = version(2);
};

// Enough entries that the index is not in the offer: it comes from a peer, or not at all.
constexpr int kManyFiles = 900;

TEST_F(Base, IsWhatTheFirstChannelNames) {
  run(on_prod(one, "web@1"));
  auto what = options(two, "web@2");
  what.channels = {kProd, kStaging};
  const auto result = hear(what);
  ASSERT_TRUE(recorded("web@2"));
  EXPECT_EQ(recorded("web@2")->release.str(), "web@1");
  EXPECT_EQ(recorded("web@2")->id, client.release(release::ReleaseRef::parse("web@1"))->release_id);
  ASSERT_TRUE(result.base);
  EXPECT_EQ(result.base->str(), "web@1");
  EXPECT_GE(result.new_bytes, 200'000U);
  EXPECT_LT(result.new_bytes, 400'000U);
  EXPECT_LT(result.new_chunks, result.chunks);
}

TEST_F(Base, IsNoneForANewChannelOrWithoutOneOrWhenNoneIsAskedFor) {
  run(on_prod(one, "web@1"));
  auto new_channel = options(two, "web@2");
  new_channel.channels = {kStaging, kProd};
  auto asked = on_prod(two, "web@4");
  asked.base = NoBase{};
  for (const auto& what : {new_channel, options(two, "web@3"), asked}) {
    const auto result = hear(what);
    EXPECT_FALSE(result.base) << what.release.str();
    EXPECT_FALSE(recorded(what.release.str())) << what.release.str();
    EXPECT_EQ(result.new_bytes, result.image_bytes);
    EXPECT_EQ(result.new_chunks, result.chunks);
  }
  EXPECT_THAT(listener.notes, SizeIs(0));
}

TEST_F(Base, IsKnownBeforeAnythingIsRegistered) {
  run(on_prod(one, "web@1"));
  hear(on_prod(two, "web@2"));
  EXPECT_THAT(listener.heard, testing::ElementsAre("packed", "registered"));
  ASSERT_TRUE(listener.packed->base);
  EXPECT_EQ(listener.packed->base->str(), "web@1");
  EXPECT_GT(listener.packed->new_bytes, 0U);
  EXPECT_FALSE(listener.packed->release_id);
}

TEST_F(Base, OfARegisteredReleaseStaysWhateverTheChannelNames) {
  const auto first = run(on_prod(one, "web@1"));
  const auto second = run(on_prod(two, "web@2"));
  const auto expect_kept = [&](const SourceTree& tree, const PublishResult& before) {
    const auto again = hear(on_prod(tree, before.release.str()));
    EXPECT_FALSE(again.created);
    EXPECT_TRUE(again.same_bytes);
    EXPECT_EQ(again.release_id, before.release_id);
    EXPECT_EQ(again.info_hash, before.info_hash);
    EXPECT_EQ(again.base, before.base);
    EXPECT_EQ(again.new_bytes, before.new_bytes);
    EXPECT_EQ(client.channel({before.release.name, kProd})->state.release_id, *before.release_id);
  };
  expect_kept(two, second);  // the channel names it
  expect_kept(one, first);   // the channel names what is packed against it
  expect_kept(two, second);
  EXPECT_THAT(listener.notes, SizeIs(0));
}

// Does something between the first look at the tracker and the one for the base.
struct Interrupter : PublishObserver {
  explicit Interrupter(std::function<void()> what) : act(std::move(what)) {}
  void on_scanned(std::uint64_t /*files*/, std::uint64_t /*bytes*/) override { act(); }
  std::function<void()> act;
};

TEST_F(Base, IsThatOfTheOtherPublisherWhoWasFaster) {
  run(on_prod(one, "web@1"));
  std::optional<PublishResult> faster;
  Interrupter other([&] { faster = run(on_prod(two, "web@2")); });
  const auto slower = publish(on_prod(two, "web@2"), key, other, {});
  EXPECT_TRUE(faster->created);
  EXPECT_FALSE(slower.created);
  EXPECT_TRUE(slower.same_bytes);
  EXPECT_EQ(slower.release_id, faster->release_id);
  ASSERT_TRUE(slower.base);
  EXPECT_EQ(slower.base->str(), "web@1");
}

TEST_F(Base, ComesFromItsPeersWhereTheOfferHasNoIndex) {
  const auto old_tree = version(1, kManyFiles);
  const auto new_tree = version(2, kManyFiles);
  Publishing seeding(on_prod(old_tree, "web@1", Forever{}), key);
  ASSERT_TRUE(seeding.registered());
  ASSERT_FALSE(offer_of("web@1").index);
  const auto result = hear(on_prod(new_tree, "web@2"));
  ASSERT_TRUE(result.base);
  EXPECT_LT(result.new_bytes, 400'000U);
  EXPECT_GT(result.image_bytes, 3'000'000U);

  // The same tree without a channel: the registered base is used, the same bytes come out.
  const auto again = run(options(new_tree, "web@2"));
  EXPECT_FALSE(again.created);
  EXPECT_TRUE(again.same_bytes);
}

void forget_peers(proto::ReleaseOffer& offer) {
  offer.neighbours.clear();
}

TEST_F(Base, ThatNobodyHasIsDoneWithoutAtOnce) {
  run(on_prod(version(1, kManyFiles), "web@1"));
  const LyingTracker lonely(tracker.url(), forget_peers);
  auto what = on_prod(two, "web@2");
  what.tracker = lonely.url();
  const auto result = hear(what);
  EXPECT_TRUE(result.created);
  EXPECT_FALSE(result.base);
  EXPECT_FALSE(recorded("web@2"));
  EXPECT_EQ(result.new_bytes, result.image_bytes);
  EXPECT_THAT(listener.notes,
              testing::ElementsAre("all of web@2 counts as new: use base web@1: fetch index: "
                                   "nobody who has it is up"));
}

TEST_F(Base, ThatNobodyHasIsAnErrorIfItWasAskedFor) {
  run(on_prod(version(1, kManyFiles), "web@1"));
  const LyingTracker lonely(tracker.url(), forget_peers);
  auto what = options(two, "web@2");
  what.tracker = lonely.url();
  what.base = release::ReleaseRef::parse("web@1");
  const auto error = failure(what);
  EXPECT_EQ(error.code(), Errc::unavailable);
  EXPECT_STREQ(error.what(), "use base web@1: fetch index: nobody who has it is up");
  EXPECT_THAT(error.help(), HasSubstr("--base none"));
  EXPECT_FALSE(client.release(what.release));
}

TEST_F(Base, ThatARegisteredReleaseHasAndNobodyElseIsNamed) {
  const auto old_tree = version(1, kManyFiles);
  Publishing seeding(on_prod(old_tree, "web@1", Forever{}), key);
  ASSERT_TRUE(seeding.registered());
  auto what = on_prod(two, "web@2");
  ASSERT_TRUE(run(what).base);
  const LyingTracker lonely(tracker.url(), forget_peers);
  what.tracker = lonely.url();
  const auto again = hear(what);
  EXPECT_FALSE(again.created);
  EXPECT_FALSE(again.same_bytes);
  ASSERT_FALSE(listener.notes.empty());
  EXPECT_THAT(listener.notes.front(), HasSubstr("use base web@1: fetch index: nobody"));
}

TEST_F(Base, MayBeOfAnotherNameAndAnotherKey) {
  const auto other = crypto::SecretKey::generate();
  PublishObserver nobody;
  publish(options(one, "base-image@7"), other, nobody, {});
  auto what = options(two, "web@1");
  what.base = release::ReleaseRef::parse("base-image@7");
  const auto result = run(what);
  EXPECT_LT(result.new_bytes, 400'000U);
  ASSERT_TRUE(recorded("web@1"));
  EXPECT_EQ(recorded("web@1")->release.str(), "base-image@7");
}

TEST_F(Base, ThatIsUnknownIsNotFound) {
  auto what = options(one, "web@2");
  what.base = release::ReleaseRef::parse("web@1");
  const auto error = failure(what);
  EXPECT_EQ(error.code(), Errc::not_found);
  EXPECT_THAT(error.what(), HasSubstr("use base web@1: " + tracker.url().str()));
  EXPECT_FALSE(client.release(what.release));
}

TEST_F(Base, ThatIsTheReleaseItselfIsRefused) {
  auto what = options(one, "web@1");
  what.base = what.release;
  const auto error = failure(what);
  EXPECT_EQ(error.code(), Errc::usage);
  EXPECT_STREQ(error.what(), "use base web@1: it is the release itself");
}

TEST_F(Base, HasNoSayOnceTheReleaseIsRegistered) {
  run(options(one, "web@1"));
  run(options(two, "web@2"));
  auto what = options(two, "web@2");
  what.base = release::ReleaseRef::parse("web@1");
  const auto again = hear(what);
  EXPECT_TRUE(again.same_bytes);
  EXPECT_FALSE(again.base);
  EXPECT_THAT(listener.notes, testing::ElementsAre(
                                  "base web@1 has no say: web@2 is registered already, with none"));
}

// Of a tracker that is wrong, broken or hostile.
class BadBase : public Base {
 protected:
  struct Case {
    const char* what;  // part of the error
    LyingTracker::Lie lie;
  };

  BadBase() {
    run(on_prod(one, "web@1"));
    run(options(two, "other@1"));
    const auto other = offer_of("other@1");
    const auto mine = offer_of("web@1");
    cases = {
        {"check index: it is not the one", [](auto& offer) { offer.index->at(100) ^= 1U; }},
        {"check index: it is not the one", [](auto& offer) { offer.index->resize(10); }},
        {"check index: it is not the one", [other](auto& offer) { offer.index = other.index; }},
        {"index torrent", [other](auto& offer) { offer.index_torrent = other.index_torrent; }},
        {"index torrent", [mine](auto& offer) { offer.index_torrent = *mine.image_torrent; }},
        {"decode", [](auto& offer) { offer.index_torrent = {'x'}; }},
        {"not of the release", [other](auto& offer) { offer = other; }},
        {"verify", [](auto& offer) { offer.descriptor.signatures.at(0).signature.at(5) ^= 1U; }},
    };
  }

  std::vector<Case> cases;
};

TEST_F(BadBase, IsRefusedIfItWasAskedFor) {
  for (const auto& bad : cases) {
    const LyingTracker liar(tracker.url(), bad.lie);
    auto what = options(two, "web@2");
    what.tracker = liar.url();
    what.base = release::ReleaseRef::parse("web@1");
    const auto error = failure(what);
    EXPECT_EQ(error.code(), Errc::integrity) << error.what();
    EXPECT_THAT(error.what(), testing::StartsWith("use base web@1: "));
    EXPECT_THAT(error.what(), HasSubstr(bad.what));
    EXPECT_FALSE(client.release(what.release)) << error.what();
    EXPECT_TRUE(std::filesystem::is_empty(work.path()));
  }
}

TEST_F(BadBase, IsDoneWithoutIfNobodyAskedForIt) {
  int number = 2;
  for (const auto& bad : cases) {
    const LyingTracker liar(tracker.url(), bad.lie);
    const auto release = "web@" + std::to_string(number++);
    run(on_prod(one, "web@1"));  // the channel moves back
    auto what = on_prod(two, release);
    what.tracker = liar.url();
    listener.notes.clear();
    const auto result = hear(what);
    EXPECT_TRUE(result.created);
    EXPECT_FALSE(recorded(release)) << bad.what;
    ASSERT_THAT(listener.notes, SizeIs(1)) << bad.what;
    EXPECT_THAT(listener.notes.front(), HasSubstr("use base web@1: "));
    EXPECT_THAT(listener.notes.front(), HasSubstr(bad.what));
  }
}

// Signed so by its publisher, who was wrong or lies.
TEST_F(Base, WhoseIndexIsOfAnotherTreeThanItsDescriptorSaysIsRefused) {
  const TempDir out;
  auto packed = release::pack_tree(release::scan_tree(one.path(), {}), out.path().string(), {});
  const auto built = build(std::move(packed), {}, release::ReleaseRef::parse("web@1"), {}, {});
  auto descriptor = describe(built, {release::ReleaseRef::parse("web@1"), 1, {}, {1, "test", ""}});
  descriptor.tree_digest.bytes[0] ^= 1U;
  const auto payload = release::serialise(descriptor);
  client.register_release({crypto::sign_envelope(release::kDescriptorType, as_bytes(payload), key),
                           key.public_key(),
                           built.index.encode(),
                           built.image->encode(),
                           built.index_bytes,
                           std::nullopt,
                           std::nullopt,
                           {},
                           {"127.0.0.1", 9},
                           {}});
  auto what = options(two, "web@2");
  what.base = release::ReleaseRef::parse("web@1");
  const auto error = failure(what);
  EXPECT_EQ(error.code(), Errc::integrity);
  EXPECT_STREQ(error.what(), "use base web@1: check index: it is of another tree than was signed");
}

TEST_F(Base, IsLookedUpByADryRunOfAChannel) {
  run(on_prod(one, "web@1"));
  const auto result = publish_dry(on_prod(two, "web@2"), listener, {});
  ASSERT_TRUE(result.base);
  EXPECT_EQ(result.base->str(), "web@1");
  EXPECT_LT(result.new_bytes, 400'000U);
  EXPECT_THAT(listener.heard, testing::ElementsAre("packed"));
  EXPECT_FALSE(client.release(release::ReleaseRef::parse("web@2")));
}

TEST_F(Base, OfADryRunIsTheOneOfTheRegisteredRelease) {
  run(on_prod(one, "web@1"));
  const auto before = run(on_prod(two, "web@2"));
  EXPECT_EQ(publish_dry(on_prod(two, "web@2"), listener, {}).new_bytes, before.new_bytes);
  EXPECT_EQ(test::code_of([&] { publish_dry(on_prod(one, "web@2"), listener, {}); }),
            Errc::conflict);
}

TEST_F(Base, OfADryRunThatNobodyHasIsDoneWithout) {
  run(on_prod(version(1, kManyFiles), "web@1"));
  const LyingTracker lonely(tracker.url(), forget_peers);
  auto what = on_prod(two, "web@2");
  what.tracker = lonely.url();
  const auto result = publish_dry(what, listener, {});
  EXPECT_FALSE(result.base);
  EXPECT_EQ(result.new_bytes, result.image_bytes);
  EXPECT_THAT(listener.notes, SizeIs(1));
}

// Asks for a stop as soon as the base is looked for.
struct Quitter : PublishObserver {
  void on_phase(Phase phase) override {
    if (phase == Phase::base) source.request_stop();
  }
  std::stop_source source;
};

TEST_F(Base, ThatIsBeingFetchedWhenAStopComesIsNotDoneWithout) {
  run(on_prod(one, "web@1"));
  Quitter quitter;
  const auto what = on_prod(two, "web@2");
  EXPECT_EQ(test::code_of([&] { publish(what, key, quitter, quitter.source.get_token()); }),
            Errc::interrupted);
  EXPECT_FALSE(client.release(what.release));
}

TEST_F(Base, NeedsTheTrackerInADryRunToo) {
  auto of_channel = on_prod(two, "web@2");
  auto asked_for = options(two, "web@2");
  asked_for.base = release::ReleaseRef::parse("web@1");
  for (auto what : {of_channel, asked_for}) {
    what.tracker = net::Url::parse("http://127.0.0.1:1");
    EXPECT_EQ(test::code_of([&] { publish_dry(what, listener, {}); }), Errc::unavailable);
  }
  of_channel.tracker = net::Url::parse("http://127.0.0.1:1");
  of_channel.base = NoBase{};
  EXPECT_NO_THROW(publish_dry(of_channel, listener, {}));
}

}  // namespace
}  // namespace roost::seeder
