#include "core/release/image_fill.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>

#include "core/crypto/merkle.hpp"
#include "core/crypto/sha256.hpp"
#include "core/release/image_map.hpp"
#include "core/release/parallel.hpp"

namespace roost::release {
namespace {

using crypto::kBlockSize;

struct Span {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// What is common to all threads.
struct Job {
  Fs& fs;
  const FillTarget& target;
  const ChunkMatch& match;
  const std::vector<int>& sources;
  const ImageMap map;
  std::atomic<std::uint32_t> next{0};
  std::mutex mutex{};
  Filled filled{};
};

class Filler {
 public:
  explicit Filler(Job& job) : job_(job) {}

  void work(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto piece = job_.next.fetch_add(1);
      if (piece >= job_.map.pieces()) return;
      if (!job_.target.have.empty() && job_.target.have[piece]) continue;
      fill(piece);
    }
  }

 private:
  const ChunkInfo& chunk(std::uint32_t number) const { return job_.target.index.chunks()[number]; }

  void fill(std::uint32_t piece) {
    const auto& part = job_.target.part;
    span_.begin = std::uint64_t{piece} * part.piece_length;
    span_.end = std::min(part.size, span_.begin + part.piece_length);
    const auto chunks = job_.map.chunks_in(piece);
    std::uint32_t known = 0;
    for (auto i = chunks.first; i < chunks.end; ++i) known += job_.match.find(i) ? 1 : 0;
    if (known == 0) return;
    bytes_.resize(span_.end - span_.begin);
    from_.assign(job_.sources.size(), 0);
    if (known == chunks.end - chunks.first && assemble(chunks) && verified(piece)) {
      job_.fs.write(job_.target.file, bytes_, span_.begin);
      const std::lock_guard lock(job_.mutex);
      job_.filled.have[piece] = true;
      add_sources();
    } else {
      fill_blocks(piece, chunks);
    }
  }

  // The part of a chunk that lies in this piece.
  Span overlap(std::uint32_t number) const {
    const auto& info = chunk(number);
    return {std::max(span_.begin, info.offset),
            std::min(span_.end, info.offset + info.stored_length)};
  }

  std::span<std::uint8_t> buffer(Span part) {
    return std::span(bytes_).subspan(part.begin - span_.begin, part.end - part.begin);
  }

  bool read(std::uint32_t source, std::span<std::uint8_t> out, std::uint64_t offset) {
    try {
      return job_.fs.read(job_.sources[source], out, offset) == out.size();
    } catch (const Error&) {
      return false;  // a bad sector, say: the swarm has these bytes
    }
  }

  bool assemble(const ImageMap::Range& chunks) {
    for (auto i = chunks.first; i < chunks.end; ++i) {
      const auto place = *job_.match.find(i);
      const auto part = overlap(i);
      if (!read(place.source, buffer(part), place.offset + (part.begin - chunk(i).offset))) {
        return false;
      }
      from_[place.source] += part.end - part.begin;
    }
    return true;
  }

  bool verified(std::uint32_t piece) const {
    const auto& [index, part, layer, file, have] = job_.target;
    return layer.empty() ? crypto::piece_hash(bytes_, 0) == part.pieces_root
                         : crypto::piece_hash(bytes_, part.piece_length) == layer[piece];
  }

  // The chunk's whole stored bytes, verified, with its part of this piece copied to its place.
  // One that spans many pieces is read once for all of them, good or bad.
  bool copy_verified(std::uint32_t number, const ChunkMatch::Place& place) {
    const auto& info = chunk(number);
    if (loaded_ != number) {
      loaded_ = number;
      chunk_.resize(info.stored_length);
      good_ = read(place.source, chunk_, place.offset) && crypto::sha256(chunk_) == info.stored;
    }
    if (!good_) return false;
    const auto part = overlap(number);
    const auto out = buffer(part);
    std::copy_n(chunk_.begin() + static_cast<std::ptrdiff_t>(part.begin - info.offset), out.size(),
                out.begin());
    return true;
  }

  void fill_blocks(std::uint32_t piece, const ImageMap::Range& chunks) {
    const auto count = (bytes_.size() + kBlockSize - 1) / kBlockSize;
    std::vector<bool> blocks(count, true);
    for (auto i = chunks.first; i < chunks.end; ++i) {
      const auto place = job_.match.find(i);
      if (place && copy_verified(i, *place)) continue;
      const auto part = overlap(i);
      const auto last = (part.end - 1 - span_.begin) / kBlockSize;
      for (auto block = (part.begin - span_.begin) / kBlockSize; block <= last; ++block) {
        blocks[block] = false;
      }
    }
    const auto filled = static_cast<std::size_t>(std::count(blocks.begin(), blocks.end(), true));
    // All of them: then the index contradicts the torrent, and none of it can be believed.
    if (filled == 0 || filled == count) return;
    from_.assign(job_.sources.size(), 0);
    for (std::size_t i = 0; i < count; ++i) {
      if (!blocks[i]) continue;
      const auto begin = span_.begin + i * kBlockSize;
      const Span block{begin, std::min<std::uint64_t>(begin + kBlockSize, span_.end)};
      job_.fs.write(job_.target.file, buffer(block), block.begin);
      count_sources(block, chunks);
    }
    const std::lock_guard lock(job_.mutex);
    job_.filled.unfinished[piece] = std::move(blocks);
    add_sources();
  }

  void count_sources(Span block, const ImageMap::Range& chunks) {
    for (auto i = chunks.first; i < chunks.end; ++i) {
      const auto part = overlap(i);
      const auto begin = std::max(part.begin, block.begin);
      const auto end = std::min(part.end, block.end);
      if (begin < end) from_[job_.match.find(i)->source] += end - begin;
    }
  }

  void add_sources() {
    for (std::size_t i = 0; i < from_.size(); ++i) job_.filled.from[i] += from_[i];
  }

  Job& job_;
  Span span_;  // of the piece
  Bytes bytes_;
  std::optional<std::uint32_t> loaded_;  // the chunk that chunk_ holds
  bool good_ = false;
  Bytes chunk_;
  std::vector<std::uint64_t> from_;
};

}  // namespace

Filled fill_image(Fs& fs, const FillTarget& target, const ChunkMatch& match,
                  const std::vector<int>& sources, const std::stop_token& stop) {
  Job job{fs, target, match, sources, ImageMap(target.index, target.part.piece_length)};
  job.filled.have = target.have;
  job.filled.have.resize(job.map.pieces(), false);
  job.filled.from.resize(sources.size());
  run_parallel(threads_for(job.map.pieces()), stop, "fill image",
               [&](const std::stop_token& token) { Filler(job).work(token); });
  return std::move(job.filled);
}

}  // namespace roost::release
