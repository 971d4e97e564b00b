// The index of a release: the tree, the chunk table, and how chunks make the tree.
//
// An Index is always valid: entries sorted bytewise by path, every parent a
// directory, segments that cover the tree stream exactly, every chunk used. The
// tree stream is the contents of all non-empty files in stream order (small
// files by directory, then large files, see docs/formats.md); segments cut it.
// Immutable after construction, so any thread may read it.
// Throws Error{integrity} for anything that is not a valid index of a known version.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/digest.hpp"
#include "core/base/rel_path.hpp"

namespace roost::release {

inline constexpr std::uint32_t kIndexFormat = 1;
inline constexpr std::size_t kMaxEntries = std::size_t{1} << 24;
inline constexpr std::size_t kMaxDepth = 128;  // components of a path
inline constexpr std::size_t kMaxChunks = std::size_t{1} << 22;
inline constexpr std::size_t kMaxSegments = std::size_t{1} << 24;
inline constexpr std::uint64_t kMaxTreeBytes = std::uint64_t{1} << 52;
inline constexpr std::uint32_t kMaxChunkBytes = 16U << 20;
inline constexpr std::size_t kMaxTargetBytes = 4095;
inline constexpr std::int64_t kMaxMtime = std::int64_t{1} << 40;  // and as far before 1970

enum class Kind : std::uint8_t { directory = 0, file = 1, executable = 2, symlink = 3 };

struct Entry {
  RelPath path;
  Kind kind = Kind::file;
  std::uint64_t size = 0;  // files only, else 0
  std::int64_t mtime = 0;  // Unix seconds; no part of the tree digest
  std::string target;      // symlinks only, else empty

  bool is_file() const noexcept { return kind == Kind::file || kind == Kind::executable; }
  bool operator==(const Entry&) const = default;
};

struct ChunkInfo {
  std::uint32_t raw_length = 0;
  std::uint32_t stored_length = 0;  // equal to raw_length: stored as it is
  Sha256 raw;
  Sha256 stored;
  std::uint64_t offset = 0;  // in the image: the sum of the stored lengths before it

  bool compressed() const noexcept { return stored_length != raw_length; }
  bool operator==(const ChunkInfo&) const = default;
};

struct Segment {
  static constexpr std::uint32_t kHole = std::numeric_limits<std::uint32_t>::max();

  std::uint32_t chunk = kHole;
  std::uint64_t length = 0;

  bool hole() const noexcept { return chunk == kHole; }
  bool operator==(const Segment&) const = default;
};

// What an Index is made of; offsets of chunks are computed.
struct IndexParts {
  std::vector<Entry> entries;
  std::vector<ChunkInfo> chunks;
  std::vector<Segment> segments;
};

class Index {
 public:
  explicit Index(IndexParts parts);  // checks every rule of the format

  const std::vector<Entry>& entries() const noexcept { return parts_.entries; }
  const std::vector<ChunkInfo>& chunks() const noexcept { return parts_.chunks; }
  const std::vector<Segment>& segments() const noexcept { return parts_.segments; }

  // Numbers of the non-empty files in stream order, and where each begins in the
  // stream; stream_starts() has one more element, the stream's length.
  const std::vector<std::uint32_t>& stream_files() const noexcept { return stream_files_; }
  const std::vector<std::uint64_t>& stream_starts() const noexcept { return stream_starts_; }

  std::uint64_t tree_bytes() const noexcept { return stream_starts_.back(); }
  std::uint64_t image_bytes() const noexcept { return image_bytes_; }
  std::uint64_t files() const noexcept { return files_; }  // empty ones included
  const Sha256& tree_digest() const noexcept { return tree_digest_; }

  // The entry with this path, or nullptr.
  const Entry* find(std::string_view path) const noexcept;

 private:
  IndexParts parts_;
  std::vector<std::uint32_t> stream_files_;
  std::vector<std::uint64_t> stream_starts_;
  std::uint64_t image_bytes_ = 0;
  std::uint64_t files_ = 0;
  Sha256 tree_digest_;
};

Index parse_index(BytesView bytes);
Bytes serialise(const Index& index);

}  // namespace roost::release
