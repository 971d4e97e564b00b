// How fast a node finds and fills what it knows of a new image, and in how much memory.
//
// Two parts: an image of SIZE bytes all of whose chunks lie in another one, filled from
// there; and two indexes of COUNT chunks compared.   chunk_reuse WORK_DIR [MIB] [COUNT]
#include <fcntl.h>
#include <fmt/core.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <utility>

#include "core/crypto/merkle.hpp"
#include "core/release/image_fill.hpp"

namespace {

using namespace roost;
using namespace roost::release;
namespace fs = std::filesystem;

constexpr std::uint32_t kChunk = 32 * 1024;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Of this process, from /proc/self/status: VmRSS now, VmHWM the most since reset_peak().
long mebibytes_of(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field + ":")) return std::atol(line.c_str() + field.size() + 1) / 1024;
  }
  return 0;
}

void reset_peak() {
  ::malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << 5;  // proc(5)
}

// Chunks that are stored as they are, with these digests.
Index index_of(const std::vector<Sha256>& digests) {
  IndexParts parts;
  parts.chunks.reserve(digests.size());
  parts.segments.reserve(digests.size());
  for (std::uint32_t i = 0; i < digests.size(); ++i) {
    parts.chunks.push_back({kChunk, kChunk, digests[i], digests[i], 0});
    parts.segments.push_back({i, kChunk});
  }
  parts.entries.push_back({RelPath::parse("f"), Kind::file, digests.size() * kChunk, 0, {}});
  return Index(std::move(parts));
}

Bytes random_chunk(std::mt19937_64& random) {
  Bytes chunk(kChunk);
  std::generate(chunk.begin(), chunk.end(), [&] { return static_cast<std::uint8_t>(random()); });
  return chunk;
}

void fill(const fs::path& work, std::uint64_t mebibytes) {
  std::mt19937_64 random(1);
  const auto count = (mebibytes << 20) / kChunk;
  std::vector<Sha256> digests;
  crypto::MerkleHasher hasher;
  {
    std::ofstream source(work / "source", std::ios::binary);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto chunk = random_chunk(random);
      source.write(reinterpret_cast<const char*>(chunk.data()), kChunk);
      digests.push_back(crypto::sha256(chunk));
      hasher.update(chunk);
    }
  }
  const auto torrent = hasher.finish();
  const auto index = index_of(digests);
  const UniqueFd source(::open((work / "source").c_str(), O_RDONLY | O_CLOEXEC));
  const UniqueFd target(
      ::open((work / "target").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!source || !target) throw_errno("open " + work.string());
  real_fs().allocate(target.get(), count * kChunk);
  for (int run = 0; run < 3; ++run) {
    const auto start = std::chrono::steady_clock::now();
    ChunkMatch match(index);
    match.add(0, index);
    const auto filled =
        fill_image(real_fs(), {index, FilePart::of(torrent), torrent.pieces, target.get(), {}},
                   match, {source.get()}, {});
    const auto took = seconds_since(start);
    fmt::print("filled {} MiB in {:.2f} s: {:.0f} MB/s\n", filled.from[0] >> 20, took,
               static_cast<double>(filled.from[0]) / took / 1e6);
  }
}

void compare(const fs::path& work, std::uint64_t count) {
  std::mt19937_64 random(2);
  const auto digests = [&](std::uint64_t from) {
    std::vector<Sha256> all(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      std::mt19937_64 of_chunk(from + i);
      for (std::size_t at = 0; at < 32; at += 8) {
        const auto value = of_chunk();
        std::memcpy(all[i].bytes.data() + at, &value, 8);
      }
    }
    std::shuffle(all.begin(), all.end(), random);
    return all;
  };
  const auto file = work / "index";
  {
    const auto bytes = serialise(index_of(digests(count / 20)));  // lacks a twentieth
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
  const auto wanted = index_of(digests(0));
  reset_peak();
  const auto before = mebibytes_of("VmRSS");
  auto start = std::chrono::steady_clock::now();
  Bytes bytes(fs::file_size(file));
  std::ifstream(file, std::ios::binary)
      .read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  const auto other = parse_index(std::exchange(bytes, {}));
  const auto parsed = seconds_since(start);
  start = std::chrono::steady_clock::now();
  ChunkMatch match(wanted);
  match.add(0, other);
  fmt::print(
      "{} of {} chunks found in {:.2f} s, the other index read in {:.2f} s; {} MiB at most\n",
      match.found(), count, seconds_since(start), parsed, mebibytes_of("VmHWM") - before);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: chunk_reuse WORK_DIR [MIB] [COUNT]\n");
    return 2;
  }
  try {
    const auto number = [&](int at, std::uint64_t otherwise) {
      return argc > at ? std::strtoull(argv[at], nullptr, 10) : otherwise;
    };
    fs::create_directories(argv[1]);
    compare(argv[1], number(3, 1'000'000));
    fill(argv[1], number(2, 1024));
  } catch (const Error& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
