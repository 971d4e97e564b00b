// What files of patches may say, and frames that do not make what their table promises.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/release/varint.hpp"
#include "core/release/zstd_codec.hpp"
#include "tests/unit/release/patch_scene.hpp"

namespace roost::release {
namespace {

using roost::test::random_bytes;
using roost::test::text_bytes;
using roost::test::write_file;
using test::PatchScene;

// Files of patches written by hand, for an image of chunks 0 to 2.
struct Liar {
  PatchScene scene;
  Bytes table;
  std::string frames;
  std::uint32_t count = 0;

  Liar() {
    const auto text = text_bytes(60'000, 1);
    write_file(scene.dir / "old/a", text);
    for (const auto* name : {"a", "b", "c"}) {
      write_file(scene.dir / "new" / name, random_bytes(100, 1) + name + text + text);
    }
    scene.pack();
  }

  const ChunkInfo& old() const { return scene.old_index().chunks()[0]; }
  std::uint64_t chunks() const { return scene.new_index().chunks().size(); }

  // named: how many of the old chunks that it needs the table has.
  Liar& patch(std::uint64_t skip, std::uint64_t makes, std::uint64_t needs, std::uint64_t length,
              std::uint64_t named = 3) {
    put_varint(table, skip);
    put_varint(table, makes);
    put_varint(table, needs);
    for (std::uint64_t i = 0; i < std::min(needs, named); ++i) {
      put_bytes(table, BytesView(old().raw.bytes).first(8));
    }
    put_varint(table, length);
    ++count;
    return *this;
  }

  std::string file(std::string magic = "ROOSTPAT", std::uint32_t format = 1) const {
    Bytes head;
    put_bytes(head, as_bytes(magic));
    put_u32(head, format);
    put_u32(head, count);
    put_u32(head, static_cast<std::uint32_t>(table.size()));
    put_bytes(head, table);
    return std::string(as_text(head)) + frames;
  }

  std::string says(const std::string& bytes) const {
    return test::thrown([&] { scene.apply(bytes); });
  }
};

TEST(PatchTable, WhatBreaksARuleIsRefusedByName) {
  const std::string what = "integrity: read patches: ";
  Liar none;
  ASSERT_GE(none.chunks(), 3U);
  EXPECT_EQ(none.says(none.file()), "nothing");
  EXPECT_EQ(none.says(none.file("ROOSTIDX")), what + "not a file of patches");
  EXPECT_EQ(none.says(none.file("ROOSTPAT", 2)), what + "format 2 is not known to this version");
  EXPECT_EQ(none.says("ROOST"), what + "the file is truncated");
  EXPECT_EQ(none.says(none.file() + "x"), what + "it has another length than its table says");
  none.count = 1;
  EXPECT_EQ(none.says(none.file()), what + "it is truncated");
  none.count = 0xFFFFFFFF;
  EXPECT_EQ(none.says(none.file()), what + "more patches than chunks");

  EXPECT_EQ(Liar().says(Liar().patch(0, 0, 1, 0).file()), what + "a patch makes nothing");
  EXPECT_EQ(Liar().says(Liar().patch(0, 1, 0, 0).file()), what + "a patch needs nothing");
  EXPECT_EQ(Liar().says(Liar().patch(none.chunks(), 1, 1, 0).file()),
            what + "a number is out of bounds");
  EXPECT_EQ(Liar().says(Liar().patch(~std::uint64_t{0}, 1, 1, 0).file()),
            what + "a number is out of bounds");
  EXPECT_EQ(Liar().says(Liar().patch(1, none.chunks(), 1, 0).file()),
            what + "a number is out of bounds");
  EXPECT_EQ(Liar().says(Liar().patch(0, 1, 1'000'000'000, 0).file()),
            what + "a number is out of bounds");
  EXPECT_EQ(Liar().says(Liar().patch(0, 1, 1, 1).file()), what + "the file is truncated");
  EXPECT_EQ(Liar().says(Liar().patch(0, 1, 1, 0).patch(0, 1, 2, 0).file() + "left over"),
            what + "it has another length than its table says");
  auto longer = Liar();
  longer.patch(0, 1, 1, 0);
  longer.table.push_back(0);
  EXPECT_EQ(longer.says(longer.file()), what + "bytes are left over in its table");
}

TEST(PatchTable, IsNotReadPastItsEnd) {
  auto whole = Liar().patch(0, 1, 1, 0).patch(0, 1, 2, 0).file();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NE(Liar().says(whole.substr(0, length)), "nothing") << length;
    if (length >= 16 && length < whole.size()) {
      whole[16] = static_cast<char>(length);  // of the table: too short, too long
      EXPECT_NE(Liar().says(whole.substr(0, length)), "nothing") << length;
    }
  }
}

TEST(PatchTable, WhatWasCutIsSeenWithoutTheIndex) {
  Liar liar;
  liar.frames = "twelve bytes";
  const auto whole = liar.patch(0, 1, 1, 5).patch(0, 2, 2, 7).file();
  const roost::test::TempDir dir;
  const auto form = [&](const std::string& bytes) {
    write_file(dir / "p", bytes);
    const UniqueFd file(::open((dir / "p").c_str(), O_RDONLY | O_CLOEXEC));
    return PatchSet::form(real_fs(), file.get(), bytes.size());
  };
  EXPECT_EQ(form(whole).patches, 2U);
  EXPECT_EQ(form(whole).chunks, 3U);
  EXPECT_EQ(form(whole).frame_bytes, 12U);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NE(
        test::thrown([&] { form(whole.substr(0, length)); }).find("integrity: read patches: "),
        std::string::npos)
        << length;
  }
  EXPECT_EQ(test::thrown([&] { form(whole.substr(0, whole.size() - 1)); }),
            "integrity: read patches: the file is truncated");
  EXPECT_EQ(test::thrown([&] { form(whole + "x"); }),
            "integrity: read patches: it has another length than its table says");
}

TEST(PatchTable, MoreBytesThanAPatchMayMakeAreRefused) {
  IndexParts parts;
  constexpr std::uint32_t kLength = 12U << 20;
  for (std::uint32_t i = 0; i < 2; ++i) {
    const auto digest = crypto::sha256(as_bytes(std::to_string(i)));
    parts.chunks.push_back({kLength, kLength, digest, digest, 0});
    parts.segments.push_back({i, kLength});
  }
  parts.entries.push_back({RelPath::parse("f"), Kind::file, 2 * kLength, 0, {}});
  const Index index(std::move(parts));
  const roost::test::TempDir dir;
  const auto bytes = Liar().patch(0, 2, 1, 0).file();
  write_file(dir / "p", bytes);
  const UniqueFd file(::open((dir / "p").c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(test::thrown([&] { PatchSet::read(real_fs(), file.get(), bytes.size(), index); }),
            "integrity: read patches: a patch makes too many bytes");
}

// A table of a few bytes must not keep a node busy for hours.
TEST(PatchTable, NoMoreOldBytesAreReadThanAnHonestTableNeeds) {
  const Liar honest;
  const auto& chunk = honest.scene.new_index().chunks()[2];
  Bytes raw(chunk.raw_length);
  ASSERT_TRUE(decompress_exactly(
      as_bytes(honest.scene.is->image_bytes).subspan(chunk.offset, chunk.stored_length), raw));
  constexpr std::uint64_t kCopies = 200;
  std::string prefix;
  for (std::uint64_t i = 0; i < kCopies; ++i) {
    prefix += roost::test::read_file(honest.scene.dir / "old/a").substr(0, honest.old().raw_length);
  }
  Compressor compressor(patch_parameters());
  const std::string frame(as_text(compressor.compress(raw, as_bytes(prefix))));
  const auto found = [&](std::uint64_t before) {  // two patches that make nothing, and the frame
    Liar liar;
    liar.frames = frame;
    liar.patch(0, 1, before, 0, before).patch(0, 1, before, 0, before);
    liar.patch(0, 1, kCopies, frame.size(), kCopies);
    return liar.scene.apply(liar.file()).match.found();
  };
  EXPECT_EQ(found(1), 1U);
  EXPECT_EQ(found(kMaxPrefixBytes / honest.old().raw_length), 0U);
}

// Frames that are sound by themselves and do not make the chunk.
TEST(PatchTable, FramesOfOtherBytesMakeNothing) {
  const Liar honest;
  const auto raw = roost::test::read_file(honest.scene.dir / "new/a");
  const auto length = honest.scene.new_index().chunks()[0].raw_length;
  Compressor compressor(patch_parameters());
  const auto found = [&](BytesView content, BytesView prefix, std::string_view behind = {}) {
    Liar liar;
    liar.frames = std::string(as_text(compressor.compress(content, prefix))) + std::string(behind);
    liar.patch(0, 1, 1, liar.frames.size());
    return liar.scene.apply(liar.file()).match.found();
  };
  const auto first = as_bytes(raw).first(length);
  const auto old = roost::test::read_file(honest.scene.dir / "old/a");
  const auto prefix = as_bytes(old).first(honest.old().raw_length);
  ASSERT_EQ(found(first, prefix), 1U) << "the frame that is right";
  EXPECT_EQ(found(first, {}), 1U) << "one that needs no prefix";
  EXPECT_EQ(found(first.first(length - 1), prefix), 0U);
  EXPECT_EQ(found(as_bytes(raw + "x").first(length + 1), prefix), 0U);
  EXPECT_EQ(found(as_bytes(raw).subspan(1, length), prefix), 0U);
  EXPECT_EQ(found(first, as_bytes(old).subspan(1)), 0U) << "made with another prefix";
  EXPECT_EQ(found(first, prefix, "x"), 0U);
  EXPECT_EQ(found(first, prefix, as_text(compressor.compress(first, prefix))), 0U);
  const Bytes zeros(4U << 20);
  EXPECT_EQ(found(zeros, {}), 0U) << "4 MiB of a few bytes";
}

}  // namespace
}  // namespace roost::release
