#include "core/release/index.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "core/crypto/sha256.hpp"
#include "core/release/index_codec.hpp"
#include "core/release/varint.hpp"
#include "core/release/zstd_codec.hpp"
#include "tests/unit/release/packing.hpp"

namespace roost::release {
namespace {

using test::thrown;

Sha256 digest(std::string_view text) {
  return crypto::sha256(as_bytes(text));
}

Entry entry(const char* path, Kind kind, std::uint64_t size = 0, const char* target = "") {
  return {RelPath::parse(path), kind, size, 1'700'000'000, target};
}

// Two small files in one chunk; a large one with a hole and a chunk that occurs twice.
IndexParts parts() {
  IndexParts p;
  p.entries = {entry("bin", Kind::directory),
               entry("bin/run", Kind::executable, 10),
               entry("big", Kind::file, 65536 * 3),
               entry("empty", Kind::file),
               entry("link", Kind::symlink, 0, "bin/run"),
               entry("text.c", Kind::file, 20)};
  std::sort(p.entries.begin(), p.entries.end(),
            [](const Entry& a, const Entry& b) { return a.path < b.path; });
  p.chunks = {{30, 25, digest("a"), digest("a stored"), 0},
              {65536, 65536, digest("b"), digest("b"), 25}};
  p.segments = {{0, 30}, {1, 65536}, {Segment::kHole, 65536}, {1, 65536}};
  return p;
}

std::string why_not(IndexParts p) {
  return thrown([&] { const Index index(std::move(p)); });
}

TEST(Index, KnowsWhatItIsMadeOf) {
  const Index index(parts());
  EXPECT_EQ(index.tree_bytes(), 30U + 3 * 65536);
  EXPECT_EQ(index.image_bytes(), 25U + 65536);
  EXPECT_EQ(index.files(), 4U);
  EXPECT_EQ(index.chunks()[1].offset, 25U);
  EXPECT_EQ(index.find("link")->target, "bin/run");
  EXPECT_EQ(index.find("lin"), nullptr);
}

TEST(Index, SurvivesARoundTrip) {
  const Index index(parts());
  const Bytes bytes = serialise(index);
  const Index again = parse_index(bytes);
  EXPECT_EQ(again.entries(), index.entries());
  EXPECT_EQ(again.chunks(), index.chunks());
  EXPECT_EQ(again.segments(), index.segments());
  EXPECT_EQ(again.tree_digest(), index.tree_digest());
  EXPECT_EQ(serialise(again), bytes);
}

TEST(Index, OfNothingIsValid) {
  const Index empty{IndexParts{}};
  EXPECT_EQ(empty.tree_bytes(), 0U);
  EXPECT_EQ(parse_index(serialise(empty)).tree_digest(), empty.tree_digest());
}

TEST(Index, TreeDigestLeavesOutTimesAndStorage) {
  const Sha256 before = Index(parts()).tree_digest();
  IndexParts later = parts();
  for (Entry& e : later.entries) e.mtime += 5;
  later.chunks[0].stored_length = 24;
  later.chunks[0].stored = digest("packed otherwise");
  std::swap(later.chunks[0], later.chunks[1]);
  for (Segment& s : later.segments) {
    if (!s.hole()) s.chunk = 1 - s.chunk;
  }
  EXPECT_EQ(Index(later).tree_digest(), before);
  IndexParts other = parts();
  other.chunks[0].raw = digest("other contents");
  EXPECT_NE(Index(other).tree_digest(), before);
  other = parts();
  other.entries[1].kind = other.entries[1].kind == Kind::file ? Kind::executable : Kind::file;
  EXPECT_NE(Index(parts()).entries(), other.entries);
}

TEST(Index, RefusesBrokenRules) {
  using Edit = std::function<void(IndexParts&)>;
  const std::pair<const char*, Edit> edits[] = {
      {"is out of order", [](auto& p) { std::swap(p.entries[0], p.entries[1]); }},
      {"is out of order", [](auto& p) { p.entries[1] = p.entries[0]; }},
      {"lies in no directory", [](auto& p) { p.entries.erase(p.entries.begin() + 1); }},
      {"lies in no directory",
       [](auto& p) { p.entries[1].kind = Kind::symlink, p.entries[1].target = "x"; }},
      {"has a size but is no file", [](auto& p) { p.entries[1].size = 1; }},
      {"has no valid target", [](auto& p) { p.entries[4].target.clear(); }},
      {"has no valid target", [](auto& p) { p.entries[4].target = "\xFF"; }},
      {"has no valid target", [](auto& p) { p.entries[0].target = "x"; }},
      {"is too large", [](auto& p) { p.entries[0].size = ~0ULL; }},
      {"has no valid time", [](auto& p) { p.entries[0].mtime = kMaxMtime + 1; }},
      {"segments do not cover", [](auto& p) { p.segments.pop_back(); }},
      {"segments exceed", [](auto& p) { p.segments.push_back(p.segments[0]); }},
      {"a segment names no chunk", [](auto& p) { p.segments[0].chunk = 2; }},
      {"not its chunk's length", [](auto& p) { p.segments[0].length = 29; }},
      {"a chunk is not used",
       [](auto& p) {
         p.chunks.push_back({1, 1, digest("x"), digest("x"), 0});
       }},
      {"a chunk occurs twice",
       [](auto& p) { p.chunks[1].raw = p.chunks[1].stored = p.chunks[0].raw; }},
      {"two digests", [](auto& p) { p.chunks[1].stored = digest("x"); }},
      {"stored length is out", [](auto& p) { p.chunks[0].stored_length = 31; }},
      {"stored length is out", [](auto& p) { p.chunks[0].stored_length = 0; }},
      {"length is out of bounds", [](auto& p) { p.chunks[1].raw_length = kMaxChunkBytes + 1; }},
      {"a hole is misplaced", [](auto& p) { std::swap(p.segments[0], p.segments[2]); }},
      {"a hole is misplaced",
       [](auto& p) {
         p.segments[3] = {Segment::kHole, 65536};
       }},
      {"has a reserved name",
       [](auto& p) { p.entries.insert(p.entries.begin(), entry(".roost", Kind::directory)); }},
  };
  for (const auto& [expected, edit] : edits) {
    IndexParts p = parts();
    edit(p);
    const auto text = why_not(std::move(p));
    EXPECT_TRUE(text.starts_with("integrity: check index:")) << expected << ": " << text;
    if (std::string_view(expected) != "a hole is misplaced") {
      EXPECT_NE(text.find(expected), std::string::npos) << expected << ": " << text;
    }
  }
}

TEST(Index, NamesAnUnknownFormat) {
  Bytes bytes = serialise(Index(parts()));
  bytes[8] = 7;
  EXPECT_EQ(thrown([&] { parse_index(bytes); }),
            "integrity: read index: format 7 is not known to this version");
}

TEST(Index, EveryCutAndEveryFlippedBitIsAnIntegrityError) {
  const Bytes bytes = serialise(Index(parts()));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_TRUE(thrown([&] { parse_index(BytesView(bytes).first(i)); }).starts_with("integrity"))
        << i;
    for (int bit = 0; bit < 8; ++bit) {
      Bytes altered = bytes;
      altered[i] = static_cast<std::uint8_t>(altered[i] ^ (1 << bit));
      EXPECT_TRUE(thrown([&] { parse_index(altered); }).starts_with("integrity")) << i;
    }
  }
}

// Past the digest at the end, as someone who can sign nonsense would.
TEST(Index, EveryFlippedBitOfABodyIsRefusedOrAnotherValidIndex) {
  const Index index(parts());
  const Bytes body = encode_body(index);
  const IndexCounts counts{6, 2, 4};
  for (std::size_t i = 0; i < body.size() * 8; ++i) {
    Bytes altered = body;
    altered[i / 8] = static_cast<std::uint8_t>(altered[i / 8] ^ (1 << i % 8));
    const auto text = thrown([&] {
      IndexParts p = decode_body(altered, counts);
      for (std::size_t c = 0; c < p.chunks.size(); ++c) {
        p.chunks[c].raw = index.chunks()[c].raw;
        p.chunks[c].stored = p.chunks[c].compressed() ? index.chunks()[c].stored : p.chunks[c].raw;
      }
      const Index other(std::move(p));
      EXPECT_EQ(encode_body(other), altered);  // one form only
    });
    EXPECT_TRUE(text == "nothing" || text.starts_with("integrity")) << text;
  }
}

Bytes container(std::uint32_t entries, std::uint32_t chunks, std::uint32_t segments,
                std::uint32_t raw_length, BytesView stored) {
  Bytes bytes;
  put_bytes(bytes, as_bytes(kIndexMagic));
  for (const std::uint32_t word : {1U, entries, chunks, segments, raw_length}) put_u32(bytes, word);
  put_u32(bytes, static_cast<std::uint32_t>(stored.size()));
  put_bytes(bytes, stored);
  seal_index(bytes);
  return bytes;
}

TEST(Index, RefusesHostileCountsAndBombs) {
  Compressor compressor(index_parameters());
  const Bytes zeros(64 << 20);
  const BytesView view = compressor.compress(zeros);
  const Bytes bomb(view.begin(), view.end());
  EXPECT_LT(bomb.size(), 64U << 10);
  for (const Bytes& bytes :
       {container(~0U, 0, 0, 0, {}), container(0, ~0U, 0, 0, {}), container(0, 0, ~0U, 0, {}),
        container(1U << 24, 0, 0, 100, bomb),       // says 100 bytes, holds 64 MiB
        container(1U << 24, 0, 0, 1U << 30, bomb),  // says 1 GiB
        container(1U << 24, 0, 0, 64 << 20, bomb),  // more entries than the body can hold
        container(1, 0, 0, 64 << 20, bomb),         // bytes left over
        container(0, 0, 0, 0, as_bytes("not zstd")), container(0, 0, 0, ~0U, {})}) {
    const auto text = thrown([&] { parse_index(bytes); });
    EXPECT_TRUE(text.starts_with("integrity")) << text;
  }
}

TEST(Varint, HasOneFormForEachNumber) {
  EXPECT_TRUE(rc::check([](std::uint64_t value) {
    Bytes bytes;
    put_varint(bytes, value);
    ByteReader reader(bytes);
    RC_ASSERT(reader.varint() == value);
    RC_ASSERT(reader.left() == 0U);
    const auto number = static_cast<std::int64_t>(value);
    RC_ASSERT(unzigzag(zigzag(number)) == number);
  }));
  const std::uint8_t overlong[] = {0x80, 0x00};
  EXPECT_THROW(ByteReader(overlong).varint(), Error);
  const Bytes endless(11, 0xFF);
  EXPECT_THROW(ByteReader(endless).varint(), Error);
}

}  // namespace
}  // namespace roost::release
