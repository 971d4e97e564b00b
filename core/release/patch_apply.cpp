#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "core/crypto/sha256.hpp"
#include "core/release/chunk_packer.hpp"
#include "core/release/digest_keys.hpp"
#include "core/release/patch_format.hpp"
#include "core/release/patches.hpp"
#include "core/release/zstd_codec.hpp"

namespace roost::release {
namespace {

using Patch = PatchSet::Patch;

struct Job {
  Fs& fs;
  const PatchSet& set;
  const Index& wanted;
  const std::vector<bool>& lacking;
  const std::vector<int>& sources;
  const std::size_t patches;  // that are tried
  std::atomic<std::size_t> next{0};
};

class Maker {
 public:
  Maker(Job& job, TakeChunk take) : job_(job), take_(std::move(take)) {}

  void work(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto number = job_.next.fetch_add(1);
      if (number >= job_.patches) return;
      make(job_.set.patches()[number]);
    }
  }

 private:
  void make(const Patch& patch) {
    const auto prefix = job_.set.prefix_bytes(patch);
    if (!prefix || !some_lacking(patch)) return;
    prefix_.resize(*prefix);
    raw_.resize(patch.raw_bytes);
    if (!read_prefix(patch) || !decompress(patch)) return;
    std::size_t at = 0;
    for (auto i = patch.first; i < patch.first + patch.count; ++i) {
      const ChunkInfo& chunk = job_.wanted.chunks()[i];
      const auto raw = BytesView(raw_).subspan(at, chunk.raw_length);
      if (job_.lacking[i] && crypto::sha256(raw) == chunk.raw) take_(i, raw);
      at += chunk.raw_length;
    }
  }

  bool some_lacking(const Patch& patch) const {
    const auto begin = job_.lacking.begin() + patch.first;
    return std::find(begin, begin + patch.count, true) != begin + patch.count;
  }

  bool read_prefix(const Patch& patch) {
    std::size_t at = 0;
    for (const auto& old : job_.set.old_of(patch)) {
      const auto raw = std::span(prefix_).subspan(at, old.raw_length);
      if (!read_raw(job_.fs, job_.sources[old.source], old.offset, old.stored_length, raw,
                    stored_) ||
          first_bytes(crypto::sha256(raw)) != old.key) {
        return false;
      }
      at += old.raw_length;
    }
    return true;
  }

  bool decompress(const Patch& patch) {
    stored_.resize(patch.frame_length);
    try {
      if (job_.fs.read(job_.set.file(), stored_, patch.frame) != stored_.size()) return false;
    } catch (const Error&) {
      return false;  // a bad sector: the image's swarm has these chunks
    }
    return decompress_exactly(stored_, raw_, prefix_);
  }

  Job& job_;
  TakeChunk take_;
  Bytes prefix_;
  Bytes raw_;
  Bytes stored_;
};

// Packs made chunks into the image.
struct Packing {
  Fs& fs;
  const Index& wanted;
  const MadeInto& into;
  const std::vector<Region> regions;
  std::mutex mutex{};
  ChunkMatch& match;  // behind the mutex
  std::atomic<std::uint64_t> written{0};

  void take(ChunkPacker& packer, std::uint32_t number, BytesView raw) {
    const ChunkInfo& chunk = wanted.chunks()[number];
    const auto stored = chunk.compressed() ? packer.pack(regions[number], raw) : raw;
    // Others when another version of zstd packed the image.
    if (stored.size() != chunk.stored_length || crypto::sha256(stored) != chunk.stored) return;
    fs.write(into.file, stored, chunk.offset);
    written += stored.size();
    const std::lock_guard lock(mutex);
    match.put(number, {into.source, chunk.offset});
  }
};

// What a thread holds at the most: the old chunks and one of them stored, the new ones, the frame,
// and what the packer made of one.
std::uint64_t memory_of(const PatchSet& set) {
  std::uint64_t most = 0;
  for (const Patch& patch : set.patches()) {
    most = std::max(most, 2 * set.prefix_bytes(patch).value_or(0) + 4 * patch.raw_bytes);
  }
  return most;
}

}  // namespace

std::size_t affordable(const PatchSet& set, const Index& wanted) {
  std::uint64_t budget = std::uint64_t{64} << 20;
  for (const ChunkInfo& chunk : wanted.chunks()) budget += std::uint64_t{4} * chunk.raw_length;
  const auto& patches = set.patches();
  for (std::size_t i = 0; i < patches.size(); ++i) {
    const auto bytes = set.prefix_bytes(patches[i]).value_or(0);
    if (bytes > budget) return i;
    budget -= bytes;
  }
  return patches.size();
}

void make_chunks(Fs& fs, const PatchSet& patches, const Index& wanted,
                 const std::vector<bool>& lacking, const std::vector<int>& sources,
                 const std::function<TakeChunk()>& taker, const std::stop_token& stop) {
  Job job{.fs = fs,
          .set = patches,
          .wanted = wanted,
          .lacking = lacking,
          .sources = sources,
          .patches = affordable(patches, wanted)};
  run_parallel(threads_within(memory_of(patches), job.patches), stop, "apply patches",
               [&](const std::stop_token& token) { Maker(job, taker()).work(token); });
}

std::uint64_t apply_patches(Fs& fs, const PatchSet& patches, const Index& wanted, ChunkMatch& match,
                            const std::vector<int>& sources, const MadeInto& into,
                            const std::stop_token& stop) {
  Packing packing{
      .fs = fs, .wanted = wanted, .into = into, .regions = chunk_regions(wanted), .match = match};
  const auto taker = [&]() -> TakeChunk {
    auto packer = std::make_shared<ChunkPacker>(longest_chunk(wanted.tree_bytes()));
    return [&packing, packer](std::uint32_t chunk, BytesView raw) {
      packing.take(*packer, chunk, raw);
    };
  };
  make_chunks(fs, patches, wanted, match.lacking(), sources, taker, stop);
  return packing.written;
}

}  // namespace roost::release
