#include <atomic>
#include <mutex>

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
  const std::vector<int>& sources;
  const Scratch& scratch;
  const std::vector<Region> regions;
  const std::size_t patches;  // that are tried
  std::mutex mutex{};
  ChunkMatch& match;  // behind the mutex
  std::atomic<std::size_t> next{0};
  std::atomic<std::uint64_t> made{0};
};

class Applier {
 public:
  explicit Applier(Job& job) : job_(job), packer_(longest_chunk(job.wanted.tree_bytes())) {}

  void work(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto number = job_.next.fetch_add(1);
      if (number >= job_.patches) return;
      apply(job_.set.patches()[number]);
    }
  }

 private:
  void apply(const Patch& patch) {
    const auto prefix = job_.set.prefix_bytes(patch);
    if (!prefix || !find_lacking(patch)) return;
    prefix_.resize(*prefix);
    raw_.resize(patch.raw_bytes);
    if (!read_prefix(patch) || !decompress(patch)) return;
    std::size_t at = 0;
    for (std::uint32_t i = 0; i < patch.count; ++i) {
      const std::uint32_t length = job_.wanted.chunks()[patch.first + i].raw_length;
      if (lacking_[i]) store(patch.first + i, BytesView(raw_).subspan(at, length));
      at += length;
    }
  }

  // Whether there is a new chunk in it that nobody has yet.
  bool find_lacking(const Patch& patch) {
    lacking_.assign(patch.count, false);
    bool some = false;
    const std::lock_guard lock(job_.mutex);
    for (std::uint32_t i = 0; i < patch.count; ++i) {
      lacking_[i] = !job_.match.find(patch.first + i);
      some = some || lacking_[i];
    }
    return some;
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

  void store(std::uint32_t number, BytesView raw) {
    const ChunkInfo& chunk = job_.wanted.chunks()[number];
    const auto stored = chunk.compressed() ? packer_.pack(job_.regions[number], raw) : raw;
    // Others when another version of zstd packed the image.
    if (stored.size() != chunk.stored_length || crypto::sha256(stored) != chunk.stored) return;
    const auto offset = job_.scratch.size + job_.made.fetch_add(stored.size());
    job_.fs.write(job_.scratch.file, stored, offset);
    const std::lock_guard lock(job_.mutex);
    job_.match.put(number, {job_.scratch.source, offset});
  }

  Job& job_;
  ChunkPacker packer_;
  std::vector<bool> lacking_;
  Bytes prefix_;
  Bytes raw_;
  Bytes stored_;
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

// How many of the patches are tried. Each may need 32 MiB of old chunks, so a lying table of a few
// bytes could ask for hours of work; all that an honest one needs is the old tree, and some twice.
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

}  // namespace

std::uint64_t apply_patches(Fs& fs, const PatchSet& patches, const Index& wanted, ChunkMatch& match,
                            const std::vector<int>& sources, const Scratch& scratch,
                            const std::stop_token& stop) {
  Job job{.fs = fs,
          .set = patches,
          .wanted = wanted,
          .sources = sources,
          .scratch = scratch,
          .regions = chunk_regions(wanted),
          .patches = affordable(patches, wanted),
          .match = match};
  run_parallel(threads_within(memory_of(patches), job.patches), stop, "apply patches",
               [&](const std::stop_token& token) { Applier(job).work(token); });
  return job.made;
}

}  // namespace roost::release
