#include "bench/fanout/artifact.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "core/base/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace roost::bench {
namespace {

namespace fs = std::filesystem;
using test::TempDir;
using testing::HasSubstr;

void flip_byte(const fs::path& path, std::streamoff at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(at);
  const auto byte = static_cast<char>(~file.get());
  file.seekp(at);
  file.put(byte);
}

TEST(Artifact, IsTheSameForTheSameSeedAndNotForAnother) {
  for (const auto shape : {Shape::blob, Shape::tree}) {
    const TempDir a, b, c;
    const auto artifact = Artifact::make(shape, 300'001, 7, a.path());
    const auto same = Artifact::make(shape, 300'001, 7, b.path());
    const auto other = Artifact::make(shape, 300'001, 8, c.path());
    const auto received = [&](const Artifact& from) {
      return shape == Shape::blob ? from.tree() / Artifact::kBlob : from.tree();
    };
    EXPECT_EQ(artifact.difference(received(same)), "");
    EXPECT_NE(artifact.difference(received(other)), "");
  }
}

TEST(Artifact, HasAsManyBytesAsAskedFor) {
  for (const std::uint64_t size : {1UL, 9UL, 4096UL, 3'000'000UL}) {
    for (const auto shape : {Shape::blob, Shape::tree}) {
      const TempDir dir, other;
      const auto made = Artifact::make(shape, size, 1, dir.path());
      EXPECT_EQ(Artifact::existing(made.tree(), other.path()).size(), size);
    }
  }
}

TEST(Artifact, ATreePacksLikeSoftwareDoes) {
  const TempDir dir;
  auto tree = Artifact::make(Shape::tree, 4'000'000, 1, dir.path());
  const auto packed = static_cast<double>(fs::file_size(tree.file()));
  EXPECT_GT(4'000'000 / packed, 2);
  EXPECT_LT(4'000'000 / packed, 4);
  EXPECT_NE(tree.packed(Packing::gzip), tree.file());
}

TEST(Artifact, OneWrongByteIsADifference) {
  const TempDir a, b;
  const auto blob = Artifact::make(Shape::blob, 3'000'000, 1, a.path());
  const auto copy = b / "copy";
  fs::copy_file(blob.tree() / Artifact::kBlob, copy);
  EXPECT_EQ(blob.difference(copy), "");
  flip_byte(copy, 2'999'999);
  EXPECT_THAT(blob.difference(copy), HasSubstr("differs"));
  fs::resize_file(copy, 2'999'999);
  EXPECT_THAT(blob.difference(copy), HasSubstr("another size"));
  EXPECT_THAT(blob.difference(b / "missing"), HasSubstr("not there"));
}

TEST(Artifact, AMissingFileOfATreeIsADifference) {
  const TempDir a, b;
  const auto tree = Artifact::make(Shape::tree, 100'000, 1, a.path());
  fs::copy(tree.tree(), b / "tree", fs::copy_options::recursive);
  EXPECT_EQ(tree.difference(b / "tree"), "");
  fs::remove(b / "tree/lib/lib0.so");
  EXPECT_NE(tree.difference(b / "tree"), "");
  EXPECT_NE(tree.difference(b / "missing"), "");
  EXPECT_THROW(Artifact::existing(b / "missing", b.path()), Error);
}

}  // namespace
}  // namespace roost::bench
