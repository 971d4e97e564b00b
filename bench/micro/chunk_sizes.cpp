// How the average chunk length and zstd's parameters trade size against what an update
// costs: cuts and compresses a tree (and a newer one) at several averages, on one thread.
//   chunk_sizes DIR [NEWER_DIR]
// docs/formats.md holds the table that chose the format's numbers.
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <bit>
#include <ctime>
#include <string>
#include <unordered_map>

#include "core/base/fd.hpp"
#include "core/crypto/sha256.hpp"
#include "core/release/chunker.hpp"
#include "core/release/scan.hpp"
#include "core/release/stream_order.hpp"
#include "core/release/zstd_codec.hpp"

namespace {

using namespace roost;
using namespace roost::release;

struct Setting {
  const char* name;
  ZstdParameters zstd;  // window_log is set to fit the longest chunk
};

// Levels 3 to 6 of zstd 1.5 for large inputs, and lighter forms of them.
const Setting kSettings[] = {
    {"dfast", {0, 17, 17, 1, 4, 0, 2}},
    {"greedy", {0, 17, 17, 4, 4, 2, 3}},
    {"lazy", {0, 17, 17, 3, 4, 4, 4}},
};

struct Averages {
  std::uint32_t small;  // among small files, and the size from which a file is large
  std::uint32_t large;  // within large files
};

const Averages kAverages[] = {{32 << 10, 32 << 10},   {64 << 10, 32 << 10},
                              {64 << 10, 64 << 10},   {128 << 10, 64 << 10},
                              {128 << 10, 128 << 10}, {256 << 10, 256 << 10}};

struct Cost {
  std::size_t chunks = 0;
  std::uint64_t stored = 0;
  std::uint64_t index = 0;  // digests and about five bytes a chunk; paths are the same for all
  double cut_s = 0;
  double hash_s = 0;
  double compress_s = 0;
};

// Of this thread's CPU time, so that a busy machine does not blur the table.
double cpu_seconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

Bytes read_file(const std::string& path, std::uint64_t size) {
  Bytes bytes(size);
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const ssize_t got = fd ? pread(fd.get(), bytes.data(), size, 0) : 0;
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

// The stream's parts that end on a forced cut: the small files together, each large file alone.
std::vector<Bytes> parts_of(const Tree& tree, std::uint32_t threshold) {
  std::vector<Bytes> parts(1);
  for (const std::uint32_t i : stream_order_with(tree.entries, threshold)) {
    const Entry& entry = tree.entries[i];
    Bytes bytes = read_file(tree.root + "/" + entry.path.str(), entry.size);
    if (entry.size >= threshold) {
      parts.push_back(std::move(bytes));
    } else {
      parts[0].insert(parts[0].end(), bytes.begin(), bytes.end());
    }
  }
  return parts;
}

Cost pack(const std::vector<Bytes>& parts, const Averages& averages, const ZstdParameters& zstd,
          std::unordered_map<Sha256, std::size_t>& known) {
  ChunkSizes sizes = ChunkSizes::around(averages.small);
  Compressor compressor(zstd);
  Cost cost;
  for (BytesView rest : parts) {
    while (!rest.empty()) {
      double start = cpu_seconds();
      const BytesView chunk = rest.first(next_cut(rest, sizes));
      rest = rest.subspan(chunk.size());
      cost.cut_s += cpu_seconds() - start;
      start = cpu_seconds();
      const Sha256 digest = crypto::sha256(chunk);
      cost.hash_s += cpu_seconds() - start;
      if (known.contains(digest)) continue;
      start = cpu_seconds();
      const std::size_t stored = std::min(compressor.compress(chunk).size(), chunk.size());
      cost.compress_s += cpu_seconds() - start;
      known.emplace(digest, stored);
      ++cost.chunks;
      cost.stored += stored;
      cost.index += 69;
    }
    sizes = ChunkSizes::around(averages.large);
  }
  return cost;
}

void measure(const Tree& tree, const Tree* newer) {
  fmt::print(
      "| small, large | zstd | chunks | image | chunk table | cut s | hash s | zstd s | "
      "update | its chunks |\n|---|---|---|---|---|---|---|---|---|---|\n");
  for (const Averages& averages : kAverages) {
    const auto parts = parts_of(tree, averages.small);
    const auto newer_parts = newer ? parts_of(*newer, averages.small) : std::vector<Bytes>{};
    for (Setting setting : kSettings) {
      setting.zstd.window_log = static_cast<int>(std::bit_width(averages.small * 4 - 1));
      std::unordered_map<Sha256, std::size_t> known;
      const Cost cost = pack(parts, averages, setting.zstd, known);
      const Cost update = pack(newer_parts, averages, setting.zstd, known);
      fmt::print("| {}, {} KiB | {} | {} | {} | {} | {:.2f} | {:.2f} | {:.2f} | {} | {} |\n",
                 averages.small / 1024, averages.large / 1024, setting.name, cost.chunks,
                 cost.stored, cost.index, cost.cut_s, cost.hash_s, cost.compress_s, update.stored,
                 update.chunks);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    fmt::print(stderr, "usage: chunk_sizes DIR [NEWER_DIR]\n");
    return 2;
  }
  ScanOptions options;
  options.external_links = ExternalLinks::keep;
  const Tree tree = scan_tree(argv[1], options);
  if (argc == 2) {
    measure(tree, nullptr);
  } else {
    const Tree newer = scan_tree(argv[2], options);
    measure(tree, &newer);
  }
}
