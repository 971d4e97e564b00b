// Patches that a publish makes: from whose base, what of it is fetched, and when there are none.
#include <gmock/gmock.h>

#include <fcntl.h>

#include <algorithm>
#include <fstream>

#include "core/base/fs.hpp"
#include "core/crypto/merkle.hpp"
#include "core/proto/metainfo.hpp"
#include "core/release/descriptor.hpp"
#include "core/release/pack.hpp"
#include "core/release/patches.hpp"
#include "seeder/built.hpp"
#include "tests/support/errors.hpp"
#include "tests/unit/seeder/lying_tracker.hpp"
#include "tests/unit/seeder/publish_fixture.hpp"

namespace roost::seeder {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const auto kProd = release::Channel::parse("prod");

// What an observer hears of.
struct Listener : PublishObserver {
  void on_phase(Phase phase) override { phases.push_back(phase); }
  void on_fetching_base(std::uint64_t bytes, std::uint64_t of) override {
    fetched = bytes;
    to_fetch = of;
  }
  void on_patching(std::uint64_t bytes, std::uint64_t of) override {
    EXPECT_EQ(phases.back(), Phase::patch);
    patched_bytes = bytes;
    to_patch = of;
  }
  void on_note(const std::string& text) override { notes.push_back(text); }
  bool patched() const { return std::ranges::find(phases, Phase::patch) != phases.end(); }

  std::vector<Phase> phases;
  std::vector<std::string> notes;
  std::uint64_t fetched = 0, to_fetch = 0;
  std::uint64_t patched_bytes = 0, to_patch = 0;
};

void forget_peers(proto::ReleaseOffer& offer) {
  offer.neighbours.clear();
}

class Patches : public Publish {
 protected:
  // Of 6 MB some bytes change, at a few places.
  static SourceTree version(int number) {
    auto text = noise(6'000'000, 1);
    for (const std::size_t at : {1'000'000, 1'000'900, 4'000'000}) {
      text[at] = static_cast<char>('0' + number);
    }
    SourceTree tree;
    tree.add("big", text);
    return tree;
  }

  PublishOptions on_prod(const SourceTree& tree, const std::string& release,
                         Goal goal = SeedFor{0ms}) {
    auto what = options(tree, release, goal);
    what.channels = {kProd};
    return what;
  }

  // web@2, by a tracker that may lie of it.
  PublishOptions second(const net::Url& by) {
    auto what = on_prod(two, "web@2");
    what.tracker = by;
    return what;
  }

  // With a memory of this publish alone.
  PublishResult hear(const PublishOptions& what) {
    listener = {};
    return publish(what, key, listener, {});
  }

  std::optional<release::FilePart> registered(const std::string& release) {
    const auto summary = client.release(release::ReleaseRef::parse(release));
    return release::parse_descriptor(client.descriptor(summary->release_id).payload).patches;
  }

  // Publishes web@1, and serves it from then on.
  void serve_the_base() {
    serving = std::make_unique<Publishing>(on_prod(one, "web@1", Forever{}), key);
    ASSERT_TRUE(serving->registered());
  }

  const SourceTree one = version(1), two = version(2);
  Listener listener;
  std::unique_ptr<Publishing> serving;
};

TEST_F(Patches, AreMadeOfWhatTheBasesPeersGive) {
  serve_the_base();
  const auto result = hear(on_prod(two, "web@2"));
  EXPECT_THAT(listener.notes, IsEmpty());
  EXPECT_TRUE(listener.patched());
  ASSERT_GT(result.patches_bytes, 0U);
  EXPECT_LT(result.patches_bytes, result.new_bytes / 4);
  EXPECT_GT(result.patch_s, 0);
  EXPECT_EQ(listener.to_patch, result.new_bytes);
  EXPECT_EQ(listener.patched_bytes, listener.to_patch);

  ASSERT_TRUE(registered("web@2"));
  EXPECT_EQ(registered("web@2")->size, result.patches_bytes);
  const auto torrent = proto::Metainfo::parse(client.patches_torrent(*result.release_id));
  EXPECT_NO_THROW(torrent.require(*registered("web@2"), "patches"));
  const auto offer = client.offer(result.release, {{}, {"0.0.0.0", 0}, {}});
  ASSERT_TRUE(offer.patches);
  const auto file = work.path() / "patches";
  std::ofstream(file, std::ios::binary) << as_text(*offer.patches);
  const auto open = real_fs().open_path(file.string(), O_RDONLY);
  const auto patches = release::PatchSet::read(real_fs(), open.get(), offer.patches->size(),
                                               release::parse_index(*offer.index));
  EXPECT_GE(patches.patches().size(), 2U);
}

TEST_F(Patches, NeedOnlyAPartOfTheBase) {
  serve_the_base();
  const auto result = hear(on_prod(two, "web@2"));
  EXPECT_GT(listener.to_fetch, 0U);
  EXPECT_LT(listener.to_fetch, result.image_bytes / 2);
  EXPECT_EQ(listener.fetched, listener.to_fetch);
  serving->stop();
  ASSERT_TRUE(serving->error());
  EXPECT_THAT(serving->error()->what(), HasSubstr("stopped seeding"));
}

TEST_F(Patches, ComeOutTheSameWhenTheReleaseIsPublishedAgain) {
  serve_the_base();
  const auto first = hear(on_prod(two, "web@2"));
  const auto again = hear(on_prod(two, "web@2"));
  EXPECT_FALSE(again.created);
  EXPECT_TRUE(again.same_bytes);
  EXPECT_EQ(again.release_id, first.release_id);
  EXPECT_EQ(again.patches_bytes, first.patches_bytes);
  EXPECT_THAT(listener.notes, IsEmpty());
}

TEST_F(Patches, OfARegisteredReleaseAreDoneWithoutIfNobodyHasItsBase) {
  serve_the_base();
  hear(on_prod(two, "web@2"));
  const LyingTracker lonely(tracker.url(), forget_peers);
  const auto again = hear(second(lonely.url()));
  EXPECT_FALSE(again.created);
  EXPECT_TRUE(again.same_bytes);
  EXPECT_EQ(again.patches_bytes, 0U);
  EXPECT_TRUE(registered("web@2"));
  EXPECT_THAT(listener.notes, testing::ElementsAre(HasSubstr("nobody who has it is up")));
}

// As another version of zstd makes them.
TEST_F(Patches, ThatComeOutAsOthersThanTheRegisteredOnesAreNotSeeded) {
  serve_the_base();
  const auto base = client.offer(release::ReleaseRef::parse("web@1"), {{}, {"0.0.0.0", 0}, {}});
  const auto base_index = release::parse_index(*base.index);
  const TempDir out;
  release::PackOptions packing;
  packing.base = &base_index;
  auto packed =
      release::pack_tree(release::scan_tree(two.path(), {}), out.path().string(), packing);
  const auto file = out.path() / "patches";
  const auto bytes = noise(1000, 5);
  std::ofstream(file, std::ios::binary) << bytes;
  crypto::MerkleHasher hasher;
  hasher.update(as_bytes(bytes));
  const auto name = release::ReleaseRef::parse("web@2");
  const auto built =
      build(std::move(packed), PatchesBuilt{file.string(), hasher.finish()}, name, {}, {});
  const auto payload = release::serialise(describe(
      built, {name, 2, release::BaseRelease{base.release, base.release_id}, {1, "t", ""}}));
  client.register_release({crypto::sign_envelope(release::kDescriptorType, as_bytes(payload), key),
                           key.public_key(),
                           built.index.encode(),
                           built.image->encode(),
                           built.index_bytes,
                           built.patches->encode(),
                           built.patches_bytes,
                           {},
                           {"127.0.0.1", 9},
                           {}});
  const auto again = hear(on_prod(two, "web@2"));
  EXPECT_TRUE(again.same_bytes);
  EXPECT_EQ(again.patches_bytes, 0U);
  EXPECT_THAT(listener.notes, testing::ElementsAre("the patches of web@2 come out as other bytes; "
                                                   "they can't be seeded from here"));
  EXPECT_EQ(registered("web@2")->size, 1000U);
}

TEST_F(Patches, AreNotMadeForAReleaseThatIsRegisteredWithoutThem) {
  serve_the_base();
  auto without = on_prod(two, "web@2");
  without.patches = false;
  EXPECT_EQ(hear(without).patches_bytes, 0U);
  EXPECT_FALSE(listener.patched());
  const auto again = hear(on_prod(two, "web@2"));
  EXPECT_TRUE(again.same_bytes);
  EXPECT_EQ(again.patches_bytes, 0U);
  EXPECT_FALSE(listener.patched());
  EXPECT_FALSE(registered("web@2"));
  EXPECT_THAT(listener.notes, IsEmpty());
}

// Does something between the first look at the tracker and the packing.
struct Interrupter : PublishObserver {
  explicit Interrupter(std::function<void()> what) : act(std::move(what)) {}
  void on_scanned(std::uint64_t /*files*/, std::uint64_t /*bytes*/) override { act(); }
  void on_note(const std::string& text) override { notes.push_back(text); }
  std::function<void()> act;
  std::vector<std::string> notes;
};

TEST_F(Patches, GoWhereAnotherPublisherWasFasterWithoutThem) {
  serve_the_base();
  auto what = options(two, "web@2");
  what.base = release::ReleaseRef::parse("web@1");
  auto without = what;
  without.patches = false;
  Interrupter other([&] { run(without); });
  const auto slower = publish(what, key, other, {});
  EXPECT_FALSE(slower.created);
  EXPECT_TRUE(slower.same_bytes);
  EXPECT_EQ(slower.patches_bytes, 0U);
  EXPECT_FALSE(registered("web@2"));
  EXPECT_THAT(other.notes, IsEmpty());
}

TEST_F(Patches, AreNoneWhereNobodyHasTheBase) {
  run(on_prod(one, "web@1"));
  const LyingTracker lonely(tracker.url(), forget_peers);
  const auto result = hear(second(lonely.url()));
  EXPECT_TRUE(result.created);
  EXPECT_TRUE(result.base);
  EXPECT_EQ(result.patches_bytes, 0U);
  EXPECT_FALSE(registered("web@2"));
  EXPECT_THAT(listener.notes,
              testing::ElementsAre("no patches for nodes with web@1: fetch chunks of web@1: "
                                   "nobody who has it is up"));
}

TEST_F(Patches, AreNoneWhereThePeersOfTheBaseAreGone) {
  run(on_prod(one, "web@1"));
  const LyingTracker wrong(tracker.url(), [](auto& offer) {
    offer.neighbours = {{{"127.0.0.1", 1}, true}};
  });
  const auto result = hear(second(wrong.url()));
  EXPECT_TRUE(result.created);
  EXPECT_EQ(result.patches_bytes, 0U);
  ASSERT_THAT(listener.notes, SizeIs(1));
  EXPECT_THAT(listener.notes.front(), HasSubstr("fetch chunks of web@1: no peer can be reached"));
}

TEST_F(Patches, AreNoneWhereTheTorrentOfTheBaseIsNotTheSignedOne) {
  serve_the_base();
  run(options(two, "other@1"));
  const auto other = client.offer(release::ReleaseRef::parse("other@1"), {{}, {"0.0.0.0", 0}, {}});
  int number = 2;
  for (const LyingTracker::Lie& lie : std::vector<LyingTracker::Lie>{
           [&](auto& offer) { offer.image_torrent = other.image_torrent; },
           [](auto& offer) { offer.image_torrent = offer.index_torrent; },
           [](auto& offer) { offer.image_torrent = Bytes{'x'}; },
           [](auto& offer) { offer.image_torrent.reset(); }}) {
    const LyingTracker liar(tracker.url(), lie);
    const auto release = "web@" + std::to_string(number++);
    auto what = options(two, release);
    what.tracker = liar.url();
    what.base = release::ReleaseRef::parse("web@1");
    EXPECT_TRUE(hear(what).created);
    EXPECT_FALSE(registered(release));
    ASSERT_THAT(listener.notes, SizeIs(1));
    EXPECT_THAT(listener.notes.front(), testing::StartsWith("no patches for nodes with web@1: "));
  }
}

TEST_F(Patches, AreNotMadeByADryRun) {
  serve_the_base();
  listener = {};
  const auto result = publish_dry(on_prod(two, "web@2"), listener, {});
  EXPECT_TRUE(result.base);
  EXPECT_EQ(result.patches_bytes, 0U);
  EXPECT_FALSE(listener.patched());
}

TEST_F(Patches, AreNoneWhereNothingIsNew) {
  serve_the_base();
  EXPECT_EQ(hear(on_prod(one, "web@2")).patches_bytes, 0U);
  EXPECT_FALSE(listener.patched());
  EXPECT_THAT(listener.notes, IsEmpty());
}

// Asks for a stop as soon as patches are begun.
struct Quitter : PublishObserver {
  void on_phase(Phase phase) override {
    if (phase == Phase::patch) source.request_stop();
  }
  std::stop_source source;
};

TEST_F(Patches, InTheMakingEndWithAStopThatLeavesNothing) {
  serve_the_base();
  Quitter quitter;
  auto what = on_prod(two, "web@2");
  const TempDir own;
  what.work_dir = own.path();
  EXPECT_EQ(test::code_of([&] { publish(what, key, quitter, quitter.source.get_token()); }),
            Errc::interrupted);
  EXPECT_FALSE(client.release(what.release));
  EXPECT_TRUE(std::filesystem::is_empty(own.path()));
}

}  // namespace
}  // namespace roost::seeder
