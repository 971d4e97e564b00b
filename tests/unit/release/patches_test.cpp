#include "core/release/patches.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "core/release/chunk_packer.hpp"
#include "tests/unit/release/patch_scene.hpp"

namespace roost::release {
namespace {

namespace fs = std::filesystem;
using roost::test::random_bytes;
using roost::test::text_bytes;
using roost::test::write_file;
using test::PatchScene;

// Text files of which every tenth has a byte changed, in many directories.
void small_files(const PatchScene& scene) {
  for (std::uint64_t i = 0; i < 300; ++i) {
    const auto path = "lib/dir" + std::to_string(i / 30) + "/file" + std::to_string(i) + ".txt";
    auto text = text_bytes(3000 + i * 40, i + 1);
    write_file(scene.dir / ("old/" + path), text);
    if (i % 10 == 0) text[text.size() / 2] ^= 1;
    write_file(scene.dir / ("new/" + path), text);
  }
}

// A large file with runs changed in place and bytes inserted.
void large_file(const PatchScene& scene) {
  auto text = text_bytes(6 << 20, 5);
  write_file(scene.dir / "old/large", text);
  for (std::size_t at = 200'000; at < text.size() - 100'000; at += 900'000) {
    text.replace(at, 4'000, text_bytes(4'000, at));
  }
  text.insert(3'000'000, random_bytes(2'000, 3));
  write_file(scene.dir / "new/large", text);
}

std::size_t made(const PatchScene::Applied& applied) {
  return applied.match.found();
}

TEST(Patches, BytesInSmallFilesCostNextToNothing) {
  PatchScene scene;
  small_files(scene);
  scene.pack();
  const auto patches = scene.write();
  const auto applied = scene.apply(patches);
  EXPECT_EQ(made(applied), scene.is->packed.new_chunks);
  EXPECT_EQ(applied.bytes, scene.new_bytes());
  EXPECT_LT(patches.size(), scene.new_bytes() / 20);
}

TEST(Patches, RunsAndInsertionsInLargeFilesCostWhatIsNew) {
  PatchScene scene;
  large_file(scene);
  scene.pack();
  const auto patches = scene.write();
  const auto applied = scene.apply(patches);
  EXPECT_EQ(made(applied), scene.is->packed.new_chunks);
  EXPECT_LT(patches.size(), scene.new_bytes() / 2);
}

// A chunk that lies at the end of the small files and at the beginning of a large one.
TEST(Patches, ChunksAreCompressedAsWhereTheyOccurFirst) {
  PatchScene scene;
  auto large = text_bytes(300'000, 5);
  write_file(scene.dir / "new/large", large);
  const auto alone = test::pack(scene.dir / "new");
  const auto length = alone->packed.index.chunks()[0].raw_length;
  ASSERT_LT(length, 64U * 1024);
  for (const auto* side : {"old", "new"}) {
    if (side == std::string("new")) large[100] ^= 1;
    write_file(scene.dir / side / "large", large);
    write_file(scene.dir / side / "small", large.substr(0, length));
  }
  scene.pack();
  const auto& index = scene.new_index();
  ASSERT_EQ(index.segments()[0].chunk, index.segments()[1].chunk);
  EXPECT_EQ(chunk_regions(index)[index.segments()[0].chunk], Region::small_files);
  EXPECT_EQ(chunk_regions(index)[index.segments()[2].chunk], Region::large_files);
  EXPECT_EQ(made(scene.apply(scene.write())), scene.is->packed.new_chunks);
}

TEST(Patches, ChunksOfBothRegionsAreMade) {
  PatchScene scene;
  small_files(scene);
  large_file(scene);
  scene.pack();
  const auto regions = chunk_regions(scene.new_index());
  const auto end = regions.begin() + static_cast<std::ptrdiff_t>(scene.is->packed.new_chunks);
  EXPECT_GT(std::count(regions.begin(), end, Region::small_files), 5);
  EXPECT_GT(std::count(regions.begin(), end, Region::large_files), 5);
  EXPECT_EQ(made(scene.apply(scene.write())), scene.is->packed.new_chunks);
}

TEST(Patches, FilesWithOtherNamesAreMadeOfThoseThatWentAway) {
  PatchScene scene;
  const auto text = text_bytes(400'000, 1) + random_bytes(200'000, 2);
  for (std::size_t i = 0; i < 6; ++i) {
    auto part = text;
    std::rotate(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(90'001 * i), part.end());
    const auto name = "assets/part" + std::to_string(i) + "-";
    write_file(scene.dir / ("old/" + name + "deadbeef.js"), part);
    for (std::size_t at = 5'000; at < part.size(); at += 6'000) part[at] ^= 1;
    write_file(scene.dir / ("new/" + name + "f00dfeed.js"), part);
  }
  scene.pack();
  EXPECT_EQ(scene.is->packed.new_chunks, scene.new_index().chunks().size()) << "nothing is known";
  const auto patches = scene.write();
  EXPECT_EQ(made(scene.apply(patches)), scene.is->packed.new_chunks);
  EXPECT_LT(patches.size(), scene.new_bytes() / 20);
}

TEST(Patches, RottenBaseIsNoWorseThanAMissingOne) {
  PatchScene scene;
  large_file(scene);
  scene.pack();
  const auto patches = scene.write();
  const auto whole = scene.apply(patches);
  auto rotten = scene.was->image_bytes;
  for (std::size_t at = 0; at < rotten.size() / 2; at += 1'000) rotten[at] ^= 1;
  write_file(scene.dir / "old.image", rotten);
  const auto half = scene.apply(patches);
  EXPECT_GT(made(half), 0U);
  EXPECT_LT(made(half), made(whole));
  // And the publisher makes none that it could not check.
  const auto fewer = scene.write();
  EXPECT_LT(fewer.size(), patches.size());
  EXPECT_EQ(made(scene.apply(fewer)), made(half));
  write_file(scene.dir / "old.image", "");
  EXPECT_EQ(made(scene.apply(patches)), 0U);
  EXPECT_EQ(scene.write(), "");
}

TEST(Patches, PublisherWithARottenBaseMakesOnlyWhatNodesCanMake) {
  PatchScene scene;
  auto bytes = random_bytes(1'000'000, 1);  // stored as they are: only digests tell
  write_file(scene.dir / "old/a", bytes);
  for (std::size_t at = 20'000; at < bytes.size(); at += 150'000) bytes[at] ^= 1;
  write_file(scene.dir / "new/a", bytes);
  scene.pack();
  ASSERT_GT(scene.plan.runs.size(), 2U);
  auto rotten = scene.was->image_bytes;
  const auto broken = scene.plan.runs[1].old.front();
  rotten[scene.old_index().chunks()[broken].offset + 10] ^= 1;
  write_file(scene.dir / "old.image", rotten);
  const auto patches = scene.write();
  write_file(scene.dir / "old.image", scene.was->image_bytes);
  EXPECT_EQ(made(scene.apply(patches)), scene.is->packed.new_chunks - scene.plan.runs[1].count);
  EXPECT_EQ(scene.set(patches).patches().size(), scene.plan.runs.size() - 1);
}

TEST(Patches, OldChunksThatAreNotThereAreNotRead) {
  PatchScene scene;
  large_file(scene);
  scene.pack();
  const auto patches = scene.write();
  std::vector<bool> there(scene.old_index().chunks().size(), true);
  there[scene.plan.runs.front().old.front()] = false;
  const auto applied = scene.apply(patches, there);
  EXPECT_EQ(made(applied), scene.is->packed.new_chunks - scene.plan.runs.front().count);
  EXPECT_EQ(made(scene.apply(patches, std::vector<bool>(there.size(), false))), 0U);
}

TEST(Patches, OldChunksOfThePlanAreEnough) {
  PatchScene scene;
  small_files(scene);
  scene.pack();
  const auto whole = scene.write();
  const auto needed = old_chunks(scene.plan, scene.old_index());
  EXPECT_LT(std::count(needed.begin(), needed.end(), true), std::ssize(needed));
  auto sparse = scene.was->image_bytes;
  for (std::size_t i = 0; i < needed.size(); ++i) {
    const auto& chunk = scene.old_index().chunks()[i];
    if (!needed[i])
      std::fill_n(sparse.begin() + static_cast<std::ptrdiff_t>(chunk.offset), chunk.stored_length,
                  '\0');
  }
  write_file(scene.dir / "old.image", sparse);
  EXPECT_EQ(scene.write(), whole);
  EXPECT_EQ(made(scene.apply(whole)), scene.is->packed.new_chunks);
}

// New bytes save nothing as patches. They are kept where they let a node do without the image.
TEST(Patches, MakeAllOrWhatTheyHalve) {
  for (const bool few : {true, false}) {
    PatchScene scene;
    auto bytes = random_bytes(8 << 20, 5);
    write_file(scene.dir / "old/large", bytes);
    const std::size_t run = few ? 60'000 : 400'000;
    for (std::size_t at = 0; at + run < bytes.size(); at += 1'200'000) {
      bytes.replace(at, run, random_bytes(run, at + 1));
    }
    bytes[1'000'000] ^= 1;
    write_file(scene.dir / "new/large", bytes);
    scene.pack();
    const auto applied = scene.apply(scene.write());
    if (few) {
      EXPECT_EQ(made(applied), scene.is->packed.new_chunks);
    } else {
      EXPECT_GT(made(applied), 0U);
      EXPECT_LT(made(applied), scene.is->packed.new_chunks / 2);
    }
  }
}

TEST(Patches, NoneIsWrittenWhereNothingIsAlike) {
  PatchScene scene;
  write_file(scene.dir / "old/a", random_bytes(500'000, 1));
  write_file(scene.dir / "new/a", random_bytes(500'000, 2));
  scene.pack();
  EXPECT_EQ(scene.write(), "");
}

TEST(Patches, WhatIsFoundAlreadyIsNotMadeAgain) {
  PatchScene scene;
  large_file(scene);
  scene.pack();
  const auto patches = scene.write();
  scene.apply(patches);
  const auto file = scene.open("patches");
  const auto base = scene.open("old.image");
  auto set = PatchSet::read(real_fs(), file.get(), patches.size(), scene.new_index());
  EXPECT_FALSE(set.usable());
  set.add(0, scene.old_index());
  EXPECT_TRUE(set.usable());
  ChunkMatch match(scene.new_index());
  match.add(7, scene.new_index());
  EXPECT_EQ(apply_patches(real_fs(), set, scene.new_index(), match, {base.get()}, {-1, 1}, {}),
            0U);
  EXPECT_EQ(match.find(0)->source, 7U);
}

TEST(Patches, ToldOfWhileTheyAreMadeAreAllInTheEnd) {
  PatchScene scene;
  small_files(scene);
  scene.pack();
  const auto image = scene.open("new.image");
  const auto base = scene.open("old.image");
  ASSERT_FALSE(scene.plan.runs.empty());
  std::uint64_t total = 0;
  for (const auto& run : scene.plan.runs) {
    for (std::uint32_t i = 0; i < run.count; ++i) {
      total += scene.new_index().chunks()[run.first + i].stored_length;
    }
  }
  std::vector<std::uint64_t> told;
  const auto here = std::this_thread::get_id();
  const auto progress = [&](std::uint64_t bytes, std::uint64_t of) {
    EXPECT_EQ(std::this_thread::get_id(), here);
    EXPECT_EQ(of, total);
    told.push_back(bytes);
  };
  write_patches(real_fs(), scene.plan,
                {scene.new_index(), image.get(), scene.old_index(), base.get()},
                scene.dir / "patches", {progress, {}});
  ASSERT_GE(told.size(), 2U);
  EXPECT_EQ(told.front(), 0U);
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_EQ(told.back(), total);
}

TEST(Patches, StopWhenAsked) {
  PatchScene scene;
  small_files(scene);
  scene.pack();
  const auto patches = scene.write();
  scene.apply(patches);
  std::stop_source stop;
  stop.request_stop();
  const auto image = scene.open("new.image");
  const auto base = scene.open("old.image");
  fs::remove(scene.dir / "patches.2");
  EXPECT_EQ(test::thrown([&] {
              write_patches(real_fs(), scene.plan,
                            {scene.new_index(), image.get(), scene.old_index(), base.get()},
                            scene.dir / "patches.2", {{}, stop.get_token()});
            }),
            "interrupted: write patches: interrupted");
  EXPECT_FALSE(fs::exists(scene.dir / "patches.2"));
  const auto file = scene.open("patches");
  auto set = PatchSet::read(real_fs(), file.get(), patches.size(), scene.new_index());
  set.add(0, scene.old_index());
  ChunkMatch match(scene.new_index());
  EXPECT_EQ(test::thrown([&] {
              apply_patches(real_fs(), set, scene.new_index(), match, {base.get()}, {-1, 1},
                            stop.get_token());
            }),
            "interrupted: apply patches: interrupted");
}

TEST(Patches, BaseOfHolesAloneHelpsNothing) {
  PatchScene scene;
  write_file(scene.dir / "old/large", std::string(1 << 20, '\0'));
  write_file(scene.dir / "new/large", text_bytes(1 << 20, 5));
  scene.pack();
  EXPECT_TRUE(scene.plan.runs.empty());
}

TEST(Patches, FilesThatWereHolesAreNoneOfTheirNeighboursBusiness) {
  PatchScene scene;
  large_file(scene);
  write_file(scene.dir / "old/empty", std::string(1 << 20, '\0'));
  write_file(scene.dir / "new/empty", random_bytes(1 << 20, 9));
  write_file(scene.dir / "old/zeros", std::string(1 << 20, '\0'));
  write_file(scene.dir / "new/zeros", std::string(1 << 20, '\0'));
  scene.pack();
  const auto applied = scene.apply(scene.write());
  EXPECT_GT(made(applied), 0U);
  EXPECT_LE(applied.bytes, scene.new_bytes() - (1 << 20)) << "what is random is not patched";
}

TEST(Patches, DamagedImageIsNotPatchedTo) {
  PatchScene scene;
  small_files(scene);
  scene.pack();
  write_file(scene.dir / "new.image", std::string(scene.is->image_bytes.size(), '\0'));
  EXPECT_EQ(test::thrown([&] { scene.write(); }),
            "integrity: write patches: chunk 0 of the image is not what its index says");
  EXPECT_FALSE(fs::exists(scene.dir / "patches"));
}

}  // namespace
}  // namespace roost::release
