#include "core/release/image_writer.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/base/error.hpp"

namespace roost::release {
namespace {

// Until all new chunks are counted, a chunk that the base has is numbered from here.
constexpr std::uint32_t kKnown = 1U << 31;
static_assert(kMaxChunks < kKnown);

}  // namespace

ImageWriter::ImageWriter(OutputFile& image, const std::string& spool_dir, const Index* base)
    : image_(image), spool_dir_(spool_dir) {
  if (base == nullptr) return;
  base_.reserve(base->chunks().size());
  for (const ChunkInfo& chunk : base->chunks()) base_.push_back(chunk.raw);
  std::sort(base_.begin(), base_.end());
}

bool ImageWriter::base_has(const Sha256& raw) const {
  return std::binary_search(base_.begin(), base_.end(), raw);
}

void ImageWriter::take(const Cut& cut, Pipeline& pipeline) {
  if (segments_.size() >= kMaxSegments) throw Error(Errc::usage, "pack tree: too many segments");
  if (cut.raw.empty()) {
    segments_.push_back({Segment::kHole, cut.length});
    return;
  }
  if (cut.number) {
    segments_.push_back({*cut.number, cut.length});
    return;
  }
  StoredChunk& chunk = *cut.chunk;
  if (!chunk.number) {
    if (new_.size() + known_.size() >= kMaxChunks) {
      throw Error(Errc::usage, "pack tree: too many chunks");
    }
    const ChunkInfo info{static_cast<std::uint32_t>(cut.length),
                         static_cast<std::uint32_t>(chunk.bytes.size()), chunk.raw, chunk.stored,
                         0};
    chunk.number = store(chunk);
    (*chunk.number >= kKnown ? known_ : new_).push_back(info);
    pipeline.written(chunk);
    chunk.bytes = {};
  }
  segments_.push_back({*chunk.number, cut.length});
}

std::uint32_t ImageWriter::store(StoredChunk& chunk) {
  if (!base_has(chunk.raw)) {
    image_.write(chunk.bytes);
    hasher_.update(chunk.bytes);
    new_bytes_ += chunk.bytes.size();
    return static_cast<std::uint32_t>(new_.size());
  }
  if (!spool_) spool_ = OutputFile::anonymous(spool_dir_);
  write_fully(spool_.get(), chunk.bytes, spool_dir_);
  spooled_bytes_ += chunk.bytes.size();
  return kKnown + static_cast<std::uint32_t>(known_.size());
}

ImageWriter::Result ImageWriter::finish(const std::function<void()>& pulse) {
  // Read and written, not copied by the kernel: the bytes are hashed on their way.
  Bytes buffer(spool_ ? 1U << 20 : 0);
  for (std::uint64_t at = 0; at < spooled_bytes_;) {
    pulse();
    const ssize_t got = pread(spool_.get(), buffer.data(), buffer.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      throw_errno(got < 0 ? errno : EIO, "read a temporary file in '" + spool_dir_ + "'");
    const BytesView part = BytesView(buffer).first(static_cast<std::size_t>(got));
    image_.write(part);
    hasher_.update(part);
    at += part.size();
  }
  Result result;
  result.new_chunks = new_.size();
  result.new_bytes = new_bytes_;
  const auto shift = static_cast<std::uint32_t>(new_.size());
  for (Segment& segment : segments_) {
    if (!segment.hole() && segment.chunk >= kKnown) segment.chunk = segment.chunk - kKnown + shift;
  }
  new_.insert(new_.end(), known_.begin(), known_.end());
  result.chunks = std::move(new_);
  result.segments = std::move(segments_);
  result.tree = hasher_.finish();
  return result;
}

}  // namespace roost::release
