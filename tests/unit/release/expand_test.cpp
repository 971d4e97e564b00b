#include "core/release/expand.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "tests/support/trees.hpp"
#include "tests/unit/release/packing.hpp"

namespace roost::release {
namespace {

using roost::test::TempDir;
using roost::test::write_file;

struct CountingSink : TreeSink {
  std::mutex mutex;
  std::map<std::uint32_t, std::uint64_t> bytes;
  void write(std::uint32_t entry, std::uint64_t, BytesView run) override {
    const std::lock_guard lock(mutex);
    bytes[entry] += run.size();
  }
};

TEST(Expander, RefusesAnAlteredChunkBeforeTheSinkSeesIt) {
  const TempDir dir;
  write_file(dir / "text", roost::test::text_bytes(100'000, 1));
  write_file(dir / "noise", roost::test::random_bytes(100'000, 1));
  const auto packed = test::pack(dir.path());
  const Index& index = packed->packed.index;
  CountingSink sink;
  Expander expander(index, sink);
  for (std::uint32_t i = 0; i < index.chunks().size(); ++i) {
    const BytesView good = test::stored_chunk(packed->image_bytes, index.chunks()[i]);
    for (std::size_t at = 0; at < good.size(); at += 501) {
      Bytes bad(good.begin(), good.end());
      bad[at] ^= 4;
      // zstd ignores a few bits; what expands must be right all the same.
      const auto text = test::thrown([&] { expander.expand(i, bad); });
      EXPECT_TRUE(text == "nothing" || text.starts_with("integrity: expand chunk")) << text;
      if (text == "nothing") sink.bytes.clear();
    }
    EXPECT_TRUE(sink.bytes.empty());
    EXPECT_TRUE(test::thrown([&] {
                  expander.expand(i, good.first(good.size() - 1));
                }).starts_with("integrity: expand chunk"));
  }
}

TEST(Expander, WritesEachPlaceOfAChunkFromManyThreads) {
  const TempDir dir;
  const std::string content = roost::test::random_bytes(3 << 20, 5);
  write_file(dir / "a", content);
  write_file(dir / "b", content);
  write_file(dir / "c/d", content.substr(0, 50'000));
  const auto packed = test::pack(dir.path());
  const Index& index = packed->packed.index;
  CountingSink sink;
  Expander expander(index, sink);
  std::atomic<std::uint32_t> next = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (std::uint32_t i = next++; i < index.chunks().size(); i = next++) {
        expander.expand(i, test::stored_chunk(packed->image_bytes, index.chunks()[i]));
      }
    });
  }
  threads.clear();
  for (std::uint32_t i = 0; i < index.entries().size(); ++i) {
    EXPECT_EQ(sink.bytes[i], index.entries()[i].size) << index.entries()[i].path.str();
  }
}

}  // namespace
}  // namespace roost::release
