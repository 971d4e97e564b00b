// A release's patches: zstd frames that make new chunks of old ones (docs/formats.md).
//
// write_patches makes them from two images; a PatchSet is the checked table of a file of them;
// make_chunks makes of each frame, with old chunks from images at hand, the raw bytes of new
// chunks, and apply_patches packs these again as the image has them. Only bytes with the digest
// that the index names count, so a lie costs work, never correctness. Files are open numbers that
// outlive the calls. Both block on the calling thread, with others helping, and hold at most about
// 100 MiB whatever the release. Throw Error{integrity} for a table out of bounds, interrupted at
// the stop, and what writing does.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/fs.hpp"
#include "core/crypto/merkle.hpp"
#include "core/release/chunk_match.hpp"
#include "core/release/index.hpp"
#include "core/release/patch_plan.hpp"

namespace roost::release {

inline constexpr std::uint64_t kMaxPatchedBytes = 16U << 20;  // raw, of one patch's new chunks
inline constexpr std::uint64_t kMaxPrefixBytes = 32U << 20;   // raw, of its old chunks

// The images that patches lead from and to. Of the base's there may be only some chunks: what has
// not the digest that the index names counts as absent, and no patch needs it.
struct PatchInput {
  const Index& image;
  int image_file;
  const Index& base;
  int base_file;
};

struct PatchOptions {
  // How many stored bytes of the new chunks were looked at. Called from the calling thread, at
  // most about ten times a second, and once at the end.
  std::function<void(std::uint64_t bytes, std::uint64_t of)> progress{};
  std::stop_token stop{};
};

// Writes `path`, which must not exist; nothing and no file when no patch is worth it.
std::optional<crypto::MerkleTree> write_patches(Fs& fs, const PatchPlan& plan,
                                                const PatchInput& input, const std::string& path,
                                                const PatchOptions& options);

// One thread at a time.
class PatchSet {
 public:
  // Reads the table; the frames stay in the file, which must stay open for apply_patches.
  static PatchSet read(Fs& fs, int file, std::uint64_t size, const Index& wanted);

  // What a file of patches says without the index: it is whole, but which chunks are meant, and
  // whether they exist, nobody knows.
  struct Form {
    std::uint64_t patches = 0;
    std::uint64_t chunks = 0;       // that they make
    std::uint64_t frame_bytes = 0;  // that they come to
  };
  static Form form(Fs& fs, int file, std::uint64_t size);

  // Looks for old chunks among those of an image that are `there` (one bit a chunk; empty: all
  // are). The first source that has one gives it. The index may go away after the call.
  void add(std::uint32_t source, const Index& image, const std::vector<bool>& there = {});

  // Whether all old chunks of at least one patch were found.
  bool usable() const noexcept;

  // What a patch needs, by the first bytes of its raw digest, and where it lies.
  struct Old {
    std::uint64_t key = 0;
    std::uint32_t source = kNowhere;
    std::uint32_t raw_length = 0;
    std::uint32_t stored_length = 0;
    std::uint64_t offset = 0;
  };
  struct Patch {
    std::uint32_t first = 0;  // of the new chunks
    std::uint32_t count = 0;
    std::uint32_t old_first = 0;
    std::uint32_t old_count = 0;
    std::uint64_t raw_bytes = 0;  // of the new chunks
    std::uint64_t frame = 0;      // where it begins in the file
    std::uint64_t frame_length = 0;
  };
  const std::vector<Patch>& patches() const noexcept { return patches_; }
  std::span<const Old> old_of(const Patch& patch) const noexcept {
    return std::span(old_).subspan(patch.old_first, patch.old_count);
  }
  // How long the patch's old chunks are together; nothing unless all were found and fit.
  std::optional<std::uint64_t> prefix_bytes(const Patch& patch) const noexcept;
  int file() const noexcept { return file_; }

 private:
  static constexpr std::uint32_t kNowhere = ~std::uint32_t{0};

  static PatchSet parse(Fs& fs, int file, std::uint64_t size, const Index* wanted);

  int file_ = -1;
  std::vector<Patch> patches_;
  std::vector<Old> old_;
};

// Given a chunk's raw bytes, which are right and valid until it returns.
using TakeChunk = std::function<void(std::uint32_t chunk, BytesView raw)>;

// Makes the new chunks that are `lacking` (one bit each) and can be made; a patch without such a
// chunk is passed over. taker is called once on each thread that helps, and what it returns on
// that thread alone. sources: open files by the numbers that the set was told.
void make_chunks(Fs& fs, const PatchSet& patches, const Index& wanted,
                 const std::vector<bool>& lacking, const std::vector<int>& sources,
                 const std::function<TakeChunk()>& taker, const std::stop_token& stop);

// The image that made chunks are written to, each where the image has it.
struct MadeInto {
  int file = -1;
  std::uint32_t source = 0;  // the file's number among fill_image's sources
};

// Makes the new chunks that `match` lacks, writes their stored bytes and tells `match`. The bytes
// written.
std::uint64_t apply_patches(Fs& fs, const PatchSet& patches, const Index& wanted, ChunkMatch& match,
                            const std::vector<int>& sources, const MadeInto& into,
                            const std::stop_token& stop);

// How many of the patches are tried. Each may need 32 MiB of old chunks, so a lying table of a few
// bytes could ask for hours of work; all that an honest one needs is the old tree, and some twice.
std::size_t affordable(const PatchSet& patches, const Index& wanted);

}  // namespace roost::release
