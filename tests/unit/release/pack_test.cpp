#include "core/release/pack.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <thread>

#include "core/base/digest.hpp"
#include "core/release/verify.hpp"
#include "tests/support/trees.hpp"
#include "tests/unit/release/packing.hpp"

namespace roost::release {
namespace {

using roost::test::differences;
using roost::test::make_edge_case_tree;
using roost::test::make_tree;
using roost::test::TempDir;
using roost::test::write_file;
using test::expand_all;
using test::pack;
using test::thrown;

TEST(Pack, CarriesTheEdgeCaseTreeWhole) {
  const TempDir dir;
  const TempDir out;
  make_edge_case_tree(dir.path());
  const auto packed = pack(dir.path());
  expand_all(packed->packed.index, packed->image_bytes, out.path());
  EXPECT_EQ(differences(dir.path(), out.path(), true), std::vector<std::string>{});
  EXPECT_EQ(verify_tree(out.path(), packed->packed.index, {}), std::vector<Mismatch>{});
}

TEST(Pack, GivesTheSameBytesAtEveryThreadCount) {
  const TempDir dir;
  make_edge_case_tree(dir.path());
  make_tree(dir / "more", {.files = 200, .largest = 300 * 1024, .seed = 4});
  write_file(dir / "large", roost::test::random_bytes(5 << 20, 1));
  const auto one = pack(dir.path(), {.threads = 1});
  for (const unsigned threads : {2U, 3U, 8U}) {
    const auto more = pack(dir.path(), {.threads = threads});
    EXPECT_EQ(more->index_bytes, one->index_bytes) << threads;
    EXPECT_EQ(more->image_bytes, one->image_bytes) << threads;
    EXPECT_EQ(more->packed.image_tree.root, one->packed.image_tree.root);
  }
}

// The two parts of the tree are compressed differently; a chunk that both hold has one form.
TEST(Pack, GivesTheSameBytesWhereSmallAndLargeFilesShareAChunk) {
  const TempDir dir;
  const std::string text = roost::test::text_bytes(5000, 1);
  write_file(dir / "a", text);
  write_file(dir / "b", std::string(65536, '\0') + text);  // a hole, then the same chunk
  const auto one = pack(dir.path(), {.threads = 1});
  ASSERT_EQ(one->packed.index.chunks().size(), 1U);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(pack(dir.path(), {.threads = 3})->image_bytes, one->image_bytes);
}

TEST(Pack, WritesAnIndexThatReadsBack) {
  const TempDir dir;
  make_tree(dir.path());
  const auto packed = pack(dir.path());
  const Index index = parse_index(as_bytes(packed->index_bytes));
  EXPECT_EQ(index.tree_digest(), packed->packed.index.tree_digest());
  EXPECT_EQ(index.image_bytes(), packed->image_bytes.size());
  EXPECT_EQ(packed->packed.image_tree.size, packed->image_bytes.size());
  crypto::MerkleHasher hasher;
  hasher.update(as_bytes(packed->image_bytes));
  EXPECT_EQ(hasher.finish().root, packed->packed.image_tree.root);
  for (const ChunkInfo& chunk : index.chunks()) {
    EXPECT_EQ(crypto::sha256(test::stored_chunk(packed->image_bytes, chunk)), chunk.stored);
  }
}

TEST(Pack, OfNoBytesHasAnEmptyImage) {
  const TempDir dir;
  std::filesystem::create_directory(dir / "empty");
  write_file(dir / "nothing", "");
  const auto packed = pack(dir.path());
  EXPECT_EQ(packed->image_bytes.size(), 0U);
  EXPECT_EQ(packed->packed.index.entries().size(), 2U);
  EXPECT_EQ(packed->packed.index.files(), 1U);
  EXPECT_EQ(packed->packed.image_tree.root, Sha256{});
  const TempDir none;
  EXPECT_EQ(pack(none.path())->packed.index.entries().size(), 0U);
}

TEST(Pack, OfOneSmallFileIsOneChunk) {
  const TempDir dir;
  write_file(dir / "a", "hello");
  EXPECT_EQ(pack(dir.path())->packed.index.chunks().size(), 1U);
}

TEST(Pack, StoresEqualContentOnce) {
  const TempDir dir;
  const std::string content = roost::test::random_bytes(1 << 20, 9);
  write_file(dir / "a", content);
  const auto once = pack(dir.path())->image_bytes.size();
  write_file(dir / "copy/b", content);
  std::filesystem::create_hard_link(dir / "a", dir / "linked");
  EXPECT_EQ(pack(dir.path())->image_bytes.size(), once);
}

TEST(Pack, FindsHolesByContent) {
  const TempDir sparse;
  const TempDir dense;
  const std::string tail = "the end";
  write_file(sparse / "f", "begin");
  std::filesystem::resize_file(sparse / "f", 1 << 20);
  {
    const UniqueFd fd(::open((sparse / "f").c_str(), O_WRONLY | O_APPEND));
    ASSERT_EQ(::write(fd.get(), tail.data(), tail.size()), static_cast<ssize_t>(tail.size()));
  }
  std::string full = "begin";
  full.resize(1 << 20);
  write_file(dense / "f", full + tail);
  const auto a = pack(sparse.path());
  const auto b = pack(dense.path());
  EXPECT_EQ(a->packed.index.tree_digest(), b->packed.index.tree_digest());
  EXPECT_EQ(a->image_bytes, b->image_bytes);
  EXPECT_EQ(std::count_if(a->packed.index.segments().begin(), a->packed.index.segments().end(),
                          [](const Segment& s) { return s.hole(); }),
            1);
}

TEST(Pack, CarriesASparseFileBeyondFourGibibytes) {
  const TempDir dir;
  const TempDir out;
  const std::uint64_t size = (5ULL << 30) + 123;
  write_file(dir / "disk", "boot");
  std::filesystem::resize_file(dir / "disk", size);
  {
    const UniqueFd fd(::open((dir / "disk").c_str(), O_WRONLY));
    ASSERT_EQ(::pwrite(fd.get(), "far", 3, (4LL << 30) + 70000), 3);
  }
  const auto packed = pack(dir.path());
  EXPECT_EQ(packed->packed.index.tree_bytes(), size);
  EXPECT_LT(packed->image_bytes.size(), 1000U);
  expand_all(packed->packed.index, packed->image_bytes, out.path());
  EXPECT_EQ(verify_tree(out.path(), packed->packed.index, {}), std::vector<Mismatch>{});
  struct stat info;
  ASSERT_EQ(stat((out / "disk").c_str(), &info), 0);
  EXPECT_EQ(static_cast<std::uint64_t>(info.st_size), size);
  EXPECT_LT(info.st_blocks, 4096);
}

TEST(Pack, PutsWhatTheBaseLacksFirst) {
  const TempDir dir;
  write_file(dir / "a", roost::test::random_bytes(2 << 20, 1));
  write_file(dir / "m", roost::test::random_bytes(2 << 20, 2));
  write_file(dir / "z", roost::test::random_bytes(2 << 20, 3));
  const auto base = pack(dir.path());
  write_file(dir / "m", roost::test::random_bytes(2 << 20, 4));
  const auto with = pack(dir.path(), {.base = &base->packed.index});
  const auto without = pack(dir.path());
  const Index& index = with->packed.index;
  EXPECT_EQ(index.tree_digest(), without->packed.index.tree_digest());
  const auto known = [&](const ChunkInfo& chunk) {
    const auto& chunks = base->packed.index.chunks();
    return std::any_of(chunks.begin(), chunks.end(),
                       [&](const ChunkInfo& other) { return other.raw == chunk.raw; });
  };
  for (std::size_t i = 0; i < index.chunks().size(); ++i) {
    EXPECT_EQ(known(index.chunks()[i]), i >= with->packed.new_chunks) << i;
  }
  EXPECT_GT(with->packed.new_chunks, 0U);
  EXPECT_EQ(index.chunks()[with->packed.new_chunks].offset, with->packed.new_bytes);
  EXPECT_EQ(without->packed.new_chunks, without->packed.index.chunks().size());
  const TempDir out;
  expand_all(index, with->image_bytes, out.path());
  EXPECT_EQ(differences(dir.path(), out.path()), std::vector<std::string>{});
}

TEST(Pack, RefusesAFileThatChangedSinceTheScan) {
  const TempDir dir;
  const TempDir out;
  write_file(dir / "log", "one");
  for (const int way : {0, 1, 2, 3}) {
    write_file(dir / "log", "one");
    Tree tree = test::scan(dir.path());
    if (way == 0) write_file(dir / "log", "longer");
    if (way == 1) std::filesystem::remove(dir / "log");
    if (way == 2) chmod((dir / "log").c_str(), 0755);
    if (way == 3) {
      std::filesystem::remove(dir / "log");
      std::filesystem::create_symlink("/etc/passwd", dir / "log");
    }
    const auto text = thrown([&] { pack_tree(std::move(tree), out.path(), {}); });
    EXPECT_TRUE(text.starts_with("usage: read 'log': it changed")) << way << ": " << text;
    EXPECT_TRUE(std::filesystem::is_empty(out.path()));
    std::filesystem::remove(dir / "log");
  }
}

TEST(Pack, RefusesAFileThatChangesWhileItIsRead) {
  const TempDir dir;
  const TempDir out;
  write_file(dir / "log", roost::test::random_bytes(8 << 20, 1));
  Tree tree = test::scan(dir.path());
  const UniqueFd fd(::open((dir / "log").c_str(), O_WRONLY));
  std::atomic<bool> touched = false;
  PackOptions options{.threads = 1};
  // The belt holds less than the file: when its first bytes are out, it is still being read.
  options.progress = [&](const PackProgress& progress) {
    if (progress.bytes > 0 && progress.bytes < progress.total && !touched) {
      touched = ::pwrite(fd.get(), "x", 1, 0) == 1;
    }
  };
  std::jthread writer([&](std::stop_token stop) {
    while (!stop.stop_requested()) {
      if (::pwrite(fd.get(), "y", 1, 5) != 1) return;
    }
  });
  EXPECT_TRUE(thrown([&] {
                pack_tree(std::move(tree), out.path(), options);
              }).starts_with("usage: read 'log': it changed"));
  EXPECT_TRUE(std::filesystem::is_empty(out.path()));
}

TEST(Pack, StopsSoonAndLeavesNothing) {
  const TempDir dir;
  const TempDir out;
  for (int i = 0; i < 8; ++i) {
    write_file(dir / std::to_string(i), roost::test::text_bytes(8 << 20, static_cast<unsigned>(i)));
  }
  std::stop_source source;
  std::chrono::steady_clock::time_point asked;
  PackOptions options{.threads = 1};
  options.stop = source.get_token();
  options.progress = [&](const PackProgress&) {
    asked = std::chrono::steady_clock::now();
    source.request_stop();
  };
  EXPECT_TRUE(thrown([&] {
                pack_tree(test::scan(dir.path()), out.path(), options);
              }).starts_with("interr"));
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(1));
  EXPECT_TRUE(std::filesystem::is_empty(out.path()));
}

TEST(Pack, NeverOverwrites) {
  const TempDir dir;
  const TempDir out;
  write_file(out / "index", "mine");
  EXPECT_TRUE(
      thrown([&] { pack_tree(test::scan(dir.path()), out.path(), {}); }).starts_with("conflict"));
  EXPECT_EQ(roost::test::read_file(out / "index"), "mine");
  EXPECT_FALSE(std::filesystem::exists(out / "image"));
}

TEST(Pack, ReportsAllBytesAtTheEnd) {
  const TempDir dir;
  make_tree(dir.path());
  PackProgress last;
  PackOptions options;
  options.progress = [&](const PackProgress& progress) { last = progress; };
  const auto packed = pack(dir.path(), options);
  EXPECT_EQ(last.bytes, packed->packed.index.tree_bytes());
  EXPECT_EQ(last.total, last.bytes);
  EXPECT_EQ(last.image_bytes, packed->image_bytes.size());
}

TEST(Pack, AnyTreeSurvivesTheRoundTrip) {
  EXPECT_TRUE(rc::check([] {
    const TempDir dir;
    const TempDir out;
    const auto sizes = *rc::gen::resize(
        8, rc::gen::container<std::vector<unsigned>>(rc::gen::inRange(0U, 200'000U)));
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const unsigned kind = sizes[i] % 3;
      const std::string content = kind == 0   ? std::string(sizes[i], '\0')
                                  : kind == 1 ? roost::test::random_bytes(sizes[i], sizes[i])
                                              : roost::test::text_bytes(sizes[i], 7);
      write_file(dir / ("d" + std::to_string(i % 3) + "/" + std::to_string(i)), content);
    }
    const auto packed = pack(dir.path(), {.threads = 2});
    expand_all(parse_index(as_bytes(packed->index_bytes)), packed->image_bytes, out.path());
    RC_ASSERT(differences(dir.path(), out.path(), true).empty());
  }));
}

}  // namespace
}  // namespace roost::release
