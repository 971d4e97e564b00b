#include "core/release/verify.hpp"

#include <gtest/gtest.h>

#include "tests/support/trees.hpp"
#include "tests/unit/release/packing.hpp"

namespace roost::release {
namespace {

using roost::test::TempDir;
using roost::test::write_file;
using What = Mismatch::What;

// A tree, packed, expanded beside it.
struct Staged {
  TempDir source;
  TempDir out;
  TempDir copy;
  std::unique_ptr<test::PackedTree> packed;

  Staged() {
    write_file(source / "a/one.c", roost::test::text_bytes(3000, 1));
    write_file(source / "a/two.c", roost::test::text_bytes(3000, 2));
    write_file(source / "big", roost::test::random_bytes(1 << 20, 3));
    std::string holes = roost::test::random_bytes(1 << 20, 4);
    std::fill(holes.begin() + (256 << 10), holes.begin() + (512 << 10), '\0');
    write_file(source / "holes", holes);
    std::filesystem::create_symlink("big", source / "link");
    packed = test::pack(source.path());
    test::expand_all(packed->packed.index, packed->image_bytes, out.path());
    write_file(copy / "image", packed->image_bytes);
  }

  // What is found, as "path what".
  std::vector<std::string> found(VerifyOptions options = {}) const {
    options.mtimes = false;
    std::vector<std::string> lines;
    for (const Mismatch& m : verify_tree(out.path(), packed->packed.index, options)) {
      lines.push_back(m.path + " " + std::string(to_string(m.what)));
    }
    return lines;
  }

  void alter(const char* path, off_t at) const {
    const UniqueFd fd(::open((out / path).c_str(), O_RDWR));
    char byte = 0;
    ASSERT_EQ(pread(fd.get(), &byte, 1, at), 1);
    byte = static_cast<char>(byte ^ 1);
    ASSERT_EQ(pwrite(fd.get(), &byte, 1, at), 1);
  }
};

using Lines = std::vector<std::string>;

TEST(Verify, FindsNothingInACleanTree) {
  const Staged staged;
  EXPECT_EQ(verify_tree(staged.out.path(), staged.packed->packed.index, {}),
            std::vector<Mismatch>{});
  std::filesystem::create_directory(staged.out / ".roost");
  EXPECT_EQ(staged.found(), Lines{});
}

TEST(Verify, NamesEachKindOfDifference) {
  const Staged staged;
  std::filesystem::remove(staged.out / "a/one.c");
  write_file(staged.out / "extra", "x");
  write_file(staged.out / "a/.roost", "x");
  std::filesystem::remove(staged.out / "link");
  std::filesystem::create_symlink("holes", staged.out / "link");
  std::filesystem::resize_file(staged.out / "big", 5);
  chmod((staged.out / "holes").c_str(), 0755);
  EXPECT_EQ(staged.found(), (Lines{"a/.roost extra", "a/one.c missing", "a/two.c content",
                                   "big size", "extra extra", "holes mode", "link target"}));
}

TEST(Verify, NamesATypeThatChanged) {
  const Staged staged;
  std::filesystem::remove(staged.out / "big");
  std::filesystem::create_directory(staged.out / "big");
  EXPECT_EQ(staged.found(), Lines{"big type"});
}

TEST(Verify, FindsOneAlteredByteAnywhere) {
  for (const off_t at : {0, 300 << 10, (1 << 20) - 1}) {
    const Staged staged;
    staged.alter("holes", at);
    EXPECT_EQ(staged.found(), Lines{"holes content"}) << at;
  }
}

TEST(Verify, NamesTheFilesThatShareAChunkOrTheOneWithTheImage) {
  const Staged staged;
  staged.alter("a/two.c", 10);
  EXPECT_EQ(staged.found(), (Lines{"a/one.c content", "a/two.c content"}));
  VerifyOptions options;
  options.image = staged.copy / "image";
  EXPECT_EQ(staged.found(options), Lines{"a/two.c content"});
}

TEST(Verify, ComparesTimesWhenAsked) {
  const Staged staged;
  const timespec times[2] = {{5, 0}, {5, 0}};
  utimensat(AT_FDCWD, (staged.out / "big").c_str(), times, 0);
  EXPECT_EQ(staged.found(), Lines{});
  const auto found = verify_tree(staged.out.path(), staged.packed->packed.index, {});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].what, What::mtime);
}

TEST(Verify, StopsAtTheLimitAndWhenAsked) {
  const Staged staged;
  for (int i = 0; i < 20; ++i) write_file(staged.out / ("x" + std::to_string(i)), "x");
  VerifyOptions options;
  options.limit = 7;
  EXPECT_EQ(staged.found(options).size(), 7U);
  std::stop_source source;
  source.request_stop();
  options.stop = source.get_token();
  EXPECT_TRUE(test::thrown([&] { staged.found(options); }).starts_with("interrupted"));
  EXPECT_TRUE(test::thrown([&] {
                verify_tree(staged.out / "no", staged.packed->packed.index, {});
              }).starts_with("not_found"));
}

}  // namespace
}  // namespace roost::release
