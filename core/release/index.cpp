#include "core/release/index.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/base/error.hpp"
#include "core/release/format.hpp"
#include "core/release/refusals.hpp"
#include "core/release/stream_order.hpp"
#include "core/release/tree_digest.hpp"

namespace roost::release {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw Error(Errc::integrity, "check index: " + why);
}

[[noreturn]] void refuse(const Entry& entry, const std::string& why) {
  refuse("'" + escaped(entry.path.str()) + "' " + why);
}

const Entry* find_entry(const std::vector<Entry>& entries, std::size_t count,
                        std::string_view path) noexcept {
  const auto end = entries.begin() + static_cast<std::ptrdiff_t>(count);
  const auto found = std::lower_bound(
      entries.begin(), end, path,
      [](const Entry& entry, std::string_view text) { return entry.path.str() < text; });
  return found != end && found->path.str() == path ? &*found : nullptr;
}

void check_fields(const Entry& entry) {
  const std::string& path = entry.path.str();
  if (static_cast<std::size_t>(std::count(path.begin(), path.end(), '/')) >= kMaxDepth) {
    refuse(entry, "is too deep");
  }
  if (path == ".roost" || path.starts_with(".roost/")) refuse(entry, "has a reserved name");
  if (entry.mtime < -kMaxMtime || entry.mtime > kMaxMtime) refuse(entry, "has no valid time");
  if (static_cast<unsigned>(entry.kind) > 3) refuse(entry, "is of an unknown kind");
  if (!entry.is_file() && entry.size != 0) refuse(entry, "has a size but is no file");
  if (entry.size > kMaxTreeBytes) refuse(entry, "is too large");
  if ((entry.kind == Kind::symlink) == entry.target.empty()) refuse(entry, "has no valid target");
  if (entry.target.size() > kMaxTargetBytes || !is_utf8(entry.target) ||
      entry.target.find('\0') != std::string::npos) {
    refuse(entry, "has no valid target");
  }
}

// The sum of the sizes.
std::uint64_t check_entries(const std::vector<Entry>& entries) {
  if (entries.size() > kMaxEntries) refuse("too many entries");
  std::uint64_t bytes = 0;
  std::string_view known_directory;  // neighbours mostly share their parent
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    if (i > 0 && !(entries[i - 1].path < entry.path)) refuse(entry, "is out of order");
    check_fields(entry);
    bytes += entry.size;  // at most 2^24 times 2^52 before the next line: no overflow in one step
    if (bytes > kMaxTreeBytes) refuse("the tree is too large");
    const std::string_view parent = entry.path.parent();
    if (parent.empty() || parent == known_directory) continue;
    const Entry* directory = find_entry(entries, i, parent);
    if (directory == nullptr || directory->kind != Kind::directory) {
      refuse(entry, "lies in no directory");
    }
    known_directory = directory->path.str();
  }
  return bytes;
}

void check_distinct(const std::vector<ChunkInfo>& chunks) {
  std::vector<std::uint32_t> order(chunks.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::memcmp(chunks[a].raw.bytes.data(), chunks[b].raw.bytes.data(), 32) < 0;
  });
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (chunks[order[i - 1]].raw == chunks[order[i]].raw) refuse("a chunk occurs twice");
  }
}

// Fills in the offsets; the length of the image.
std::uint64_t check_chunks(std::vector<ChunkInfo>& chunks) {
  if (chunks.size() > kMaxChunks) refuse("too many chunks");
  std::uint64_t offset = 0;
  for (ChunkInfo& chunk : chunks) {
    if (chunk.raw_length == 0 || chunk.raw_length > kMaxChunkBytes) {
      refuse("a chunk's length is out of bounds");
    }
    if (chunk.stored_length == 0 || chunk.stored_length > chunk.raw_length) {
      refuse("a chunk's stored length is out of bounds");
    }
    if (!chunk.compressed() && chunk.stored != chunk.raw) {
      refuse("a chunk that is stored as it is has two digests");
    }
    chunk.offset = offset;
    offset += chunk.stored_length;
  }
  check_distinct(chunks);
  return offset;
}

// Walks the segments along the stream: full cover, cuts at large files, holes only in them.
class SegmentCheck {
 public:
  SegmentCheck(const std::vector<Entry>& entries, const std::vector<std::uint32_t>& files,
               const std::vector<std::uint64_t>& starts)
      : entries_(entries), files_(files), starts_(starts), total_(starts.back()) {
    const std::uint64_t threshold = large_file(total_);
    while (file_ < files_.size() && entries_[files_[file_]].size < threshold) ++file_;
    limit_ = starts_[file_];  // the small files' part ends where the first large file begins
  }

  void segment(const Segment& segment) {
    if (segment.length == 0 || segment.length > total_ - at_) refuse("segments exceed the tree");
    if (at_ == limit_) next_file();
    if (segment.length > limit_ - at_) refuse("a segment crosses the end of a large file");
    if (segment.hole()) {
      check_hole(segment);
    }
    was_hole_ = segment.hole();
    at_ += segment.length;
  }

  void end() const {
    if (at_ != total_) refuse("segments do not cover the tree");
  }

 private:
  void next_file() {
    in_large_ = true;
    begin_ = starts_[file_];
    limit_ = starts_[++file_];
    was_hole_ = false;
  }

  void check_hole(const Segment& segment) const {
    const std::uint64_t block = hole_block(total_);
    const std::uint64_t from = at_ - begin_;
    const std::uint64_t to = from + segment.length;
    const bool aligned = from % block == 0 && (to % block == 0 || at_ + segment.length == limit_);
    if (!in_large_ || was_hole_ || !aligned) refuse("a hole is misplaced");
  }

  const std::vector<Entry>& entries_;
  const std::vector<std::uint32_t>& files_;
  const std::vector<std::uint64_t>& starts_;
  std::uint64_t total_;
  std::size_t file_ = 0;  // the next large file
  std::uint64_t at_ = 0;
  std::uint64_t begin_ = 0;
  std::uint64_t limit_ = 0;
  bool in_large_ = false;
  bool was_hole_ = false;
};

void check_references(const IndexParts& parts) {
  std::vector<bool> used(parts.chunks.size());
  for (const Segment& segment : parts.segments) {
    if (segment.hole()) continue;
    if (segment.chunk >= parts.chunks.size()) refuse("a segment names no chunk");
    if (segment.length != parts.chunks[segment.chunk].raw_length) {
      refuse("a segment has not its chunk's length");
    }
    used[segment.chunk] = true;
  }
  if (std::find(used.begin(), used.end(), false) != used.end()) refuse("a chunk is not used");
}

}  // namespace

Index::Index(IndexParts parts) : parts_(std::move(parts)) {
  const std::uint64_t bytes = check_entries(parts_.entries);
  image_bytes_ = check_chunks(parts_.chunks);
  if (parts_.segments.size() > kMaxSegments) refuse("too many segments");
  check_references(parts_);

  stream_files_ = stream_order(parts_.entries, bytes);
  stream_starts_.reserve(stream_files_.size() + 1);
  stream_starts_.push_back(0);
  for (const std::uint32_t file : stream_files_) {
    stream_starts_.push_back(stream_starts_.back() + parts_.entries[file].size);
  }
  SegmentCheck check(parts_.entries, stream_files_, stream_starts_);
  for (const Segment& segment : parts_.segments) check.segment(segment);
  check.end();

  files_ =
      static_cast<std::uint64_t>(std::count_if(parts_.entries.begin(), parts_.entries.end(),
                                               [](const Entry& entry) { return entry.is_file(); }));
  tree_digest_ = release::tree_digest(parts_);
}

const Entry* Index::find(std::string_view path) const noexcept {
  return find_entry(parts_.entries, parts_.entries.size(), path);
}

}  // namespace roost::release
