#include "core/release/patches.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/release/patch_scene.hpp"

namespace roost::release {
namespace {

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
    text.replace(at, 20'000, text_bytes(20'000, at));
  }
  text.insert(3'000'000, random_bytes(5'000, 3));
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
  EXPECT_LT(patches.size(), scene.new_bytes() * 3 / 4);
}

}  // namespace
}  // namespace roost::release
