#include <algorithm>

#include "core/release/index_codec.hpp"
#include "core/release/varint.hpp"

// The body holds one column after another, since like numbers side by side compress best.

namespace roost::release {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw Error(Errc::integrity, "read index: " + why);
}

std::size_t shared_prefix(std::string_view a, std::string_view b) noexcept {
  const auto ends = std::mismatch(a.begin(), a.begin() + std::min(a.size(), b.size()), b.begin());
  return static_cast<std::size_t>(ends.first - a.begin());
}

void put_paths(Bytes& out, const std::vector<Entry>& entries) {
  std::string_view last;
  Bytes text;
  for (const Entry& entry : entries) {
    const std::string_view path = entry.path.str();
    const std::size_t shared = shared_prefix(last, path);
    put_varint(out, shared);
    put_varint(out, path.size() - shared);
    put_bytes(text, as_bytes(path.substr(shared)));
    last = path;
  }
  put_bytes(out, text);
}

std::vector<Entry> read_paths(ByteReader& reader, std::size_t count) {
  struct Cut {
    std::uint16_t shared;
    std::uint16_t added;
  };
  std::vector<Cut> cuts(count);
  for (Cut& cut : cuts) {
    cut.shared = static_cast<std::uint16_t>(reader.varint(4095));
    cut.added = static_cast<std::uint16_t>(reader.varint(4095));
  }
  std::vector<Entry> entries;
  entries.reserve(count);
  std::string path;
  for (const Cut& cut : cuts) {
    if (cut.shared > path.size()) refuse("a path is not well-formed");
    const BytesView added = reader.take(cut.added);
    // The whole shared prefix must be used, so that each path list has one form.
    if (cut.shared < path.size() && !added.empty() &&
        static_cast<std::uint8_t>(path[cut.shared]) == added[0]) {
      refuse("a path is not well-formed");
    }
    path.resize(cut.shared);
    path += as_text(added);
    entries.push_back(Entry{RelPath::parse(path), Kind::file, 0, 0, {}});
  }
  return entries;
}

void put_segments(Bytes& out, const std::vector<Segment>& segments) {
  std::int64_t expected = 0;  // mostly the chunk after the last one
  for (const Segment& segment : segments) {
    if (segment.hole()) {
      put_varint(out, segment.length << 1 | 1);
    } else {
      put_varint(out, zigzag(segment.chunk - expected) << 1);
      expected = std::int64_t{segment.chunk} + 1;
    }
  }
}

std::vector<Segment> read_segments(ByteReader& reader, std::size_t count,
                                   const std::vector<ChunkInfo>& chunks) {
  std::vector<Segment> segments;
  segments.reserve(count);
  std::int64_t expected = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t token = reader.varint(kMaxTreeBytes << 1 | 1);
    if ((token & 1) != 0) {
      segments.push_back({Segment::kHole, token >> 1});
      continue;
    }
    const std::int64_t chunk = expected + unzigzag(token >> 1);
    if (chunk < 0 || chunk >= static_cast<std::int64_t>(chunks.size())) {
      refuse("a segment names no chunk");
    }
    const auto number = static_cast<std::uint32_t>(chunk);
    segments.push_back({number, chunks[number].raw_length});
    expected = chunk + 1;
  }
  return segments;
}

// Each entry takes at least five bytes of the body, a chunk two, a segment one: what a header
// promises beyond that is refused before memory is taken for it.
void check_counts(std::size_t body, const IndexCounts& counts) {
  const std::uint64_t least =
      std::uint64_t{5} * counts.entries + std::uint64_t{2} * counts.chunks + counts.segments;
  if (least > body) refuse("its counts do not fit its body");
}

}  // namespace

Bytes encode_body(const Index& index) {
  Bytes out;
  put_paths(out, index.entries());
  for (const Entry& entry : index.entries()) out.push_back(static_cast<std::uint8_t>(entry.kind));
  for (const Entry& entry : index.entries()) {
    if (entry.is_file()) put_varint(out, entry.size);
  }
  std::int64_t last = 0;
  for (const Entry& entry : index.entries()) {
    put_varint(out, zigzag(entry.mtime - last));
    last = entry.mtime;
  }
  for (const Entry& entry : index.entries()) {
    if (entry.kind != Kind::symlink) continue;
    put_varint(out, entry.target.size());
    put_bytes(out, as_bytes(entry.target));
  }
  for (const ChunkInfo& chunk : index.chunks()) put_varint(out, chunk.raw_length);
  for (const ChunkInfo& chunk : index.chunks()) {
    put_varint(out, chunk.raw_length - chunk.stored_length);
  }
  put_segments(out, index.segments());
  return out;
}

IndexParts decode_body(BytesView body, const IndexCounts& counts) {
  check_counts(body.size(), counts);
  ByteReader reader(body);
  IndexParts parts;
  parts.entries = read_paths(reader, counts.entries);
  for (Entry& entry : parts.entries) {
    const std::uint8_t kind = reader.u8();
    if (kind > static_cast<std::uint8_t>(Kind::symlink)) refuse("an entry is of an unknown kind");
    entry.kind = static_cast<Kind>(kind);
  }
  for (Entry& entry : parts.entries) {
    if (entry.is_file()) entry.size = reader.varint(kMaxTreeBytes);
  }
  std::int64_t last = 0;
  for (Entry& entry : parts.entries) {
    last += unzigzag(reader.varint(4 * static_cast<std::uint64_t>(kMaxMtime)));
    if (last < -kMaxMtime || last > kMaxMtime) refuse("a time is out of bounds");
    entry.mtime = last;
  }
  for (Entry& entry : parts.entries) {
    if (entry.kind != Kind::symlink) continue;
    entry.target = as_text(reader.take(reader.varint(kMaxTargetBytes)));
  }
  parts.chunks.resize(counts.chunks);
  for (ChunkInfo& chunk : parts.chunks) {
    chunk.raw_length = static_cast<std::uint32_t>(reader.varint(kMaxChunkBytes));
  }
  for (ChunkInfo& chunk : parts.chunks) {
    chunk.stored_length =
        chunk.raw_length - static_cast<std::uint32_t>(reader.varint(chunk.raw_length));
  }
  parts.segments = read_segments(reader, counts.segments, parts.chunks);
  if (reader.left() != 0) refuse("bytes are left over in its body");
  return parts;
}

}  // namespace roost::release
