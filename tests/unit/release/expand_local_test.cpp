#include "core/release/expand_local.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <optional>

#include "tests/support/errors.hpp"
#include "tests/unit/release/patch_scene.hpp"

namespace roost::release {
namespace {

using roost::test::random_bytes;
using roost::test::read_file;
using roost::test::text_bytes;
using roost::test::write_file;
using test::PatchScene;

struct MemorySink : TreeSink {
  explicit MemorySink(const Index& wanted) : index(wanted), files(wanted.entries().size()) {}
  void write(std::uint32_t entry, std::uint64_t offset, BytesView bytes) override {
    const std::lock_guard lock(mutex);
    files[entry].resize(index.entries()[entry].size);
    std::copy(bytes.begin(), bytes.end(),
              files[entry].begin() + static_cast<std::ptrdiff_t>(offset));
  }
  const Index& index;
  std::mutex mutex;
  std::vector<std::string> files;
};

// An update of two files; `fresh` has no counterpart, but fits behind one.
struct Update : PatchScene {
  Update() {
    auto text = text_bytes(3 << 20, 5);
    write_file(dir / "old/kept", random_bytes(200'000, 1));
    write_file(dir / "new/moved", random_bytes(200'000, 1));
    write_file(dir / "old/text", text);
    text.replace(1'000'000, 4'000, text_bytes(4'000, 6));
    write_file(dir / "new/text", text);
    write_file(dir / "new/fresh", text_bytes(20'000, 9));
    pack();
    write_file(dir / "patches", write());
    patches_file = open("patches");
    base = open("old.image");
    sources = {base.get()};
    read();
  }

  // Looks for chunks in the base again.
  void read() {
    const auto size = read_file(dir / "patches").size();
    set = PatchSet::read(real_fs(), patches_file.get(), size, new_index());
    set.add(0, old_index());
    match.emplace(new_index());
    match->add(0, old_index());
  }

  LocalChunks local(bool with_patches = true) const {
    return {new_index(), *match, with_patches ? &set : nullptr, sources};
  }

  UniqueFd patches_file, base;
  std::vector<int> sources;
  PatchSet set;
  std::optional<ChunkMatch> match;
};

// Every chunk that the sink is said to have it has, and no byte of another.
void expect_right(const Update& update, const MemorySink& sink, const std::vector<bool>& expanded) {
  const Places places(update.new_index());
  for (std::uint32_t chunk = 0; chunk < expanded.size(); ++chunk) {
    places.for_each(chunk, [&](const Places::Run& run) {
      const auto path = update.new_index().entries()[run.entry].path.str();
      auto want = read_file(update.dir / ("new/" + path)).substr(run.file_offset, run.length);
      if (!expanded[chunk]) want.assign(want.size(), '\0');
      auto got = sink.files[run.entry];
      got.resize(update.new_index().entries()[run.entry].size);
      EXPECT_TRUE(got.substr(run.file_offset, run.length) == want) << path << ", chunk " << chunk;
    });
  }
}

TEST(ExpandLocal, MakesTheWholeTreeOfABaseAndPatches) {
  const Update update;
  MemorySink sink(update.new_index());
  ASSERT_TRUE(update.local().all());
  const auto done = expand_local(real_fs(), update.local(), sink, {});
  EXPECT_EQ(std::ranges::count(done.chunks, false), 0);
  expect_right(update, sink, done.chunks);
  ASSERT_EQ(done.from.size(), 2U);
  EXPECT_GT(done.from[1], 0U);
  EXPECT_EQ(done.from[0] + done.from[1], update.new_index().image_bytes());
}

TEST(ExpandLocal, WithoutPatchesMakesWhatIsKnown) {
  const Update update;
  MemorySink sink(update.new_index());
  EXPECT_FALSE(update.local(false).all());
  const auto done = expand_local(real_fs(), update.local(false), sink, {});
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(done.chunks, true)), update.match->found());
  expect_right(update, sink, done.chunks);
}

TEST(ExpandLocal, IsNotAllWhereAnOldChunkIsMissing) {
  Update update;
  std::vector<bool> there(update.old_index().chunks().size(), true);
  const auto needed = old_chunks(update.plan, update.old_index());
  there[static_cast<std::size_t>(std::ranges::find(needed, true) - needed.begin())] = false;
  const auto size = read_file(update.dir / "patches").size();
  update.set = PatchSet::read(real_fs(), update.patches_file.get(), size, update.new_index());
  update.set.add(0, update.old_index(), there);
  EXPECT_FALSE(update.local().all());
}

TEST(ExpandLocal, RottenBytesNeverReachTheTree) {
  for (const std::size_t step : {40'000U, 400'000U}) {
    Update update;
    auto rotten = update.was->image_bytes;
    for (std::size_t at = 10'000; at < rotten.size(); at += step) rotten[at] ^= 1;
    write_file(update.dir / "old.image", rotten);
    update.base = update.open("old.image");
    update.sources = {update.base.get()};
    MemorySink sink(update.new_index());
    const auto done = expand_local(real_fs(), update.local(), sink, {});
    EXPECT_GT(std::ranges::count(done.chunks, false), 0);
    expect_right(update, sink, done.chunks);
  }
}

TEST(ExpandLocal, SourceThatCannotBeReadCountsAsMissing) {
  Update update;
  update.sources = {-1};
  MemorySink sink(update.new_index());
  const auto done = expand_local(real_fs(), update.local(), sink, {});
  EXPECT_EQ(std::ranges::count(done.chunks, true), 0);
  EXPECT_EQ(done.from, (std::vector<std::uint64_t>{0, 0}));
}

TEST(ExpandLocal, StopsWhenAsked) {
  const Update update;
  std::stop_source stop;
  stop.request_stop();
  MemorySink sink(update.new_index());
  EXPECT_TRUE(test::thrown([&] {
                expand_local(real_fs(), update.local(), sink, stop.get_token());
              }).starts_with("interrupted: "));
}

TEST(ExpandLocal, FullDiskIsNotTakenForARottenSource) {
  struct FullSink : TreeSink {
    void write(std::uint32_t, std::uint64_t, BytesView) override {
      throw Error(Errc::no_space, "write: no space");
    }
  } sink;
  const Update update;
  EXPECT_EQ(test::thrown([&] { expand_local(real_fs(), update.local(), sink, {}); }),
            "no_space: write: no space");
}

}  // namespace
}  // namespace roost::release
