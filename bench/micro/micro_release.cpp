// The release format's inner loops: cutting, compressing, hashing, packing, the
// index, and putting chunks back.
#include <benchmark/benchmark.h>

#include "bench/micro/micro_tree.hpp"
#include "core/crypto/merkle.hpp"
#include "core/release/chunker.hpp"
#include "core/release/expand.hpp"
#include "core/release/format.hpp"
#include "core/release/image_map.hpp"
#include "core/release/zstd_codec.hpp"

namespace roost::bench {
namespace {

constexpr std::size_t kInput = std::size_t{16} << 20;

void count_bytes(benchmark::State& state, std::uint64_t each) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(each));
}

const std::string& input() {
  static const std::string text = prose(kInput, 1);
  return text;
}

void BM_Chunking(benchmark::State& state) {
  const auto sizes = release::ChunkSizes::around(static_cast<std::uint32_t>(state.range(0)));
  std::size_t chunks = 0;
  for (auto _ : state) {
    chunks = 0;
    for (auto rest = as_bytes(input()); !rest.empty(); ++chunks) {
      rest = rest.subspan(release::next_cut(rest, sizes));
    }
  }
  count_bytes(state, kInput);
  state.counters["chunks"] = static_cast<double>(chunks);
}
BENCHMARK(BM_Chunking)->Arg(64 << 10)->Arg(1 << 20)->Unit(benchmark::kMillisecond);

void BM_CompressChunk(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const auto sizes = release::ChunkSizes::around(release::kSmallestAverage);
  release::Compressor compressor(
      release::chunk_parameters(release::Region::large_files, sizes.max));
  std::size_t at = 0;
  std::size_t stored = 0;
  for (auto _ : state) {
    stored = compressor.compress(as_bytes(input()).subspan(at, size)).size();
    at = (at + size) % (kInput - size);
  }
  count_bytes(state, size);
  state.counters["ratio"] = static_cast<double>(stored) / static_cast<double>(size);
}
BENCHMARK(BM_CompressChunk)->Arg(16 << 10)->Arg(64 << 10)->Arg(256 << 10);

void BM_MerkleTree(benchmark::State& state) {
  for (auto _ : state) {
    crypto::MerkleHasher hasher;
    hasher.update(as_bytes(input()));
    benchmark::DoNotOptimize(hasher.finish());
  }
  count_bytes(state, kInput);
}
BENCHMARK(BM_MerkleTree)->Unit(benchmark::kMillisecond);

// Scan, read, cut, hash, compress and write: what publish does between scan and sign.
void BM_PackTree(benchmark::State& state) {
  const auto threads = static_cast<unsigned>(state.range(0));
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto directory = fresh_directory();
    state.ResumeTiming();
    bytes = pack_into(directory, threads).index.tree_bytes();
    state.PauseTiming();
    std::filesystem::remove_all(directory);
    state.ResumeTiming();
  }
  count_bytes(state, bytes);
}
BENCHMARK(BM_PackTree)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_IndexParse(benchmark::State& state) {
  const auto& bytes = packed_tree().index;
  for (auto _ : state) benchmark::DoNotOptimize(release::parse_index(bytes));
  const auto entries = packed_tree().packed.index.entries().size();
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(entries));
}
BENCHMARK(BM_IndexParse)->Unit(benchmark::kMillisecond);

void BM_IndexSerialise(benchmark::State& state) {
  const auto& index = packed_tree().packed.index;
  for (auto _ : state) benchmark::DoNotOptimize(release::serialise(index));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(index.entries().size()));
}
BENCHMARK(BM_IndexSerialise)->Unit(benchmark::kMillisecond);

struct NoSink : release::TreeSink {
  void write(std::uint32_t /*entry*/, std::uint64_t /*offset*/, BytesView bytes) override {
    benchmark::DoNotOptimize(bytes.data());
  }
};

// Check, decompress, check, hand out: all that a node does with a chunk but write it.
void BM_Expand(benchmark::State& state) {
  const auto& tree = packed_tree();
  const auto& chunks = tree.packed.index.chunks();
  NoSink sink;
  release::Expander expander(tree.packed.index, sink);
  for (auto _ : state) {
    for (std::uint32_t i = 0; i < chunks.size(); ++i) {
      expander.expand(i, BytesView(tree.image).subspan(chunks[i].offset, chunks[i].stored_length));
    }
  }
  count_bytes(state, tree.packed.index.tree_bytes());
}
BENCHMARK(BM_Expand)->Unit(benchmark::kMillisecond);

void BM_ImageMap(benchmark::State& state) {
  const auto& tree = packed_tree();
  std::uint32_t pieces = 0;
  for (auto _ : state) {
    release::ImageMap map(tree.packed.index, tree.packed.image_tree.piece_length);
    pieces = map.pieces();
    for (std::uint32_t i = pieces; i > 0; --i) benchmark::DoNotOptimize(map.add(i - 1));
  }
  state.SetItemsProcessed(state.iterations() * pieces);
}
BENCHMARK(BM_ImageMap)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace roost::bench
