// Holds the format to the bytes in tests/golden/v1. They change only with a new format
// version; ROOST_WRITE_GOLDEN=1 writes them anew.
#include <gtest/gtest.h>

#include <cstdlib>

#include "core/release/descriptor.hpp"
#include "tests/support/trees.hpp"
#include "tests/unit/release/packing.hpp"

namespace roost::release {
namespace {

using roost::test::read_file;
using roost::test::TempDir;
using roost::test::write_file;
namespace fs = std::filesystem;

const fs::path kGolden = fs::path(__FILE__).parent_path() / "../../golden/v1";

// Text that compresses a little, made from SHA-256 alone so that it never changes.
std::string text(int lines) {
  std::string out;
  for (int i = 0; i < lines; ++i) {
    out += "line " + std::to_string(i) + " " +
           crypto::sha256(as_bytes(std::to_string(i))).hex().substr(0, 20) + "\n";
  }
  return out;
}

void make_golden_tree(const TempDir& dir) {
  write_file(dir / "bin/run", "#!/bin/sh\nexec true\n");
  chmod((dir / "bin/run").c_str(), 0755);
  write_file(dir / "include/b.h", text(40));
  write_file(dir / "include/a.txt", text(30));
  write_file(dir / "include/odd \n name \xC3\xA4", "odd\n");
  write_file(dir / "empty", "");
  fs::create_directories(dir / "empty.d/deeper");
  fs::create_symlink("../bin/run", dir / "include/link");
  fs::create_symlink("nowhere", dir / "dangling");
  // A large file: text, a hole of 128 KiB, the same text again.
  const std::string part = text(2000).substr(0, 65536);
  write_file(dir / "large.bin", part + std::string(131072, '\0') + part + "end");
  std::int64_t time = 1'600'000'000;
  std::vector<fs::path> all;
  for (const auto& item : fs::recursive_directory_iterator(dir.path())) all.push_back(item.path());
  std::sort(all.rbegin(), all.rend());
  for (const fs::path& path : all) {
    time -= 1000;
    const timespec times[2] = {{time, 0}, {time, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
  }
}

std::string descriptor_of(const Packed& packed) {
  Descriptor d{.release = ReleaseRef::parse("golden@1"), .sequence = 1};
  d.index = FilePart::of(packed.index_tree);
  d.image = FilePart::of(packed.image_tree);
  d.tree_digest = packed.index.tree_digest();
  d.tree_bytes = packed.index.tree_bytes();
  d.entries = packed.index.entries().size();
  d.files = packed.index.files();
  d.chunks = packed.index.chunks().size();
  d.provenance = {1'600'000'000, "roost 0.1.0", ""};
  return serialise(d);
}

TEST(Golden, PackingGivesTheBytesOfTheFormat) {
  const TempDir dir;
  make_golden_tree(dir);
  const auto packed = test::pack(dir.path());
  const std::pair<const char*, std::string> files[] = {
      {"index", packed->index_bytes},
      {"image", packed->image_bytes},
      {"descriptor.json", descriptor_of(packed->packed)}};
  for (const auto& [name, bytes] : files) {
    if (std::getenv("ROOST_WRITE_GOLDEN") != nullptr) write_file(kGolden / name, bytes);
    EXPECT_TRUE(read_file(kGolden / name) == bytes) << name << " is not the golden file";
  }
}

TEST(Golden, BytesOfTheFormatGiveTheTree) {
  const TempDir dir;
  const TempDir out;
  make_golden_tree(dir);
  const std::string index_bytes = read_file(kGolden / "index");
  const std::string image = read_file(kGolden / "image");
  const Index index = parse_index(as_bytes(index_bytes));
  test::expand_all(index, image, out.path());
  EXPECT_EQ(roost::test::differences(dir.path(), out.path(), true), std::vector<std::string>{});
  const Descriptor d = parse_descriptor(as_bytes(read_file(kGolden / "descriptor.json")));
  EXPECT_EQ(d.tree_digest, index.tree_digest());
  EXPECT_EQ(d.image.size, image.size());
}

}  // namespace
}  // namespace roost::release
