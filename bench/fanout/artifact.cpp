#include "bench/fanout/artifact.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "bench/fanout/content.hpp"
#include "core/base/error.hpp"
#include "core/base/process.hpp"
#include "core/base/tree_compare.hpp"

namespace roost::bench {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t kBuffer = 1U << 20;

void write_blob(const fs::path& path, std::uint64_t size, Rng& rng) {
  FileWriter out(path);
  std::string buffer;
  for (std::uint64_t left = size; left > 0; left -= buffer.size()) {
    buffer.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left, kBuffer)));
    fill(rng, buffer);
    out.write(buffer);
  }
}

// A library or an executable.
void write_binary(const fs::path& path, std::uint64_t size, Rng& rng) {
  FileWriter out(path);
  for (std::uint64_t left = size; left > 0;) {
    const auto block =
        binary_block(static_cast<std::size_t>(std::min<std::uint64_t>(left, kBinaryBlock)), rng);
    out.write(block);
    left -= block.size();
  }
}

// Two thirds of the bytes in a few large files, the rest in small ones: most of 1 to 16 KiB.
void write_tree(const fs::path& tree, std::uint64_t size, Rng& rng) {
  std::uint64_t left = size;
  const auto large = std::max<std::uint64_t>(size / 9, 1);
  fs::create_directories(tree / "lib");
  for (int i = 0; i < 6 && left > 0; ++i) {
    const auto bytes = std::min(left, large);
    const auto path = tree / "lib" / fmt::format("lib{}.so", i);
    write_binary(path, bytes, rng);
    fs::permissions(path, fs::perms(0755));
    left -= bytes;
  }
  for (unsigned i = 0; left > 0; ++i) {
    const auto directory = tree / "src" / fmt::format("part{:03}", i / 40);
    if (i % 40 == 0) fs::create_directories(directory);
    const auto bytes = std::min<std::uint64_t>(left, 1024 + rng() % (15 * 1024));
    FileWriter(directory / fmt::format("file{:05}.txt", i))
        .write(source_text(static_cast<std::size_t>(bytes), rng));
    left -= bytes;
  }
}

std::uint64_t bytes_in(const fs::path& tree) {
  std::uint64_t sum = 0;
  for (const auto& entry : fs::recursive_directory_iterator(tree)) {
    if (entry.is_regular_file() && !entry.is_symlink()) sum += entry.file_size();
  }
  return sum;
}

}  // namespace

Artifact Artifact::make(Shape shape, std::uint64_t size, std::uint64_t seed,
                        const fs::path& work_dir) {
  Artifact artifact;
  artifact.shape_ = shape;
  artifact.size_ = size;
  artifact.tree_ = work_dir / "artifact";
  artifact.work_dir_ = work_dir;
  fs::create_directories(artifact.tree_);
  Rng rng(seed);
  if (shape == Shape::blob) {
    write_blob(artifact.tree_ / kBlob, size, rng);
  } else {
    write_tree(artifact.tree_, size, rng);
  }
  return artifact;
}

Artifact Artifact::existing(const fs::path& tree, const fs::path& work_dir) {
  if (!fs::is_directory(tree)) {
    throw Error(Errc::not_found, "use artifact " + tree.string() + ": no such directory");
  }
  Artifact artifact;
  artifact.shape_ = Shape::tree;
  artifact.tree_ = fs::canonical(tree);
  artifact.size_ = bytes_in(artifact.tree_);
  artifact.work_dir_ = work_dir;
  return artifact;
}

Artifact Artifact::update(const fs::path& previous, const fs::path& tree,
                          const fs::path& work_dir) {
  auto artifact = existing(tree, work_dir);
  artifact.previous_ = fs::canonical(previous);
  return artifact;
}

// Level 3 is what the release format uses, so that all carry about the same bytes.
fs::path Artifact::packed(Packing packing) {
  const bool zstd = packing == Packing::zstd;
  auto archive = work_dir_ / (zstd ? "artifact.tar.zst" : "artifact.tgz");
  if (fs::exists(archive)) return archive;
  ChildOptions tar;
  tar.argv = {
      "tar", "-C", tree_.string(), "-I", zstd ? "zstd -3 -T0" : "gzip", "-cf", archive.string(),
      "."};
  const auto done = run_child(tar, Deadline::in(30min));
  if (done.exit.status != 0) throw Error(Errc::failed, "pack the artifact: " + done.err);
  return archive;
}

std::string Artifact::difference(const fs::path& received) const {
  if (shape_ == Shape::blob) return difference_of_files(tree_ / kBlob, received);
  std::error_code missing;
  if (!fs::is_directory(received, missing)) return received.string() + " is not there";
  const auto comparison = compare_trees(tree_, received, ".roost");
  return comparison.differences.empty() ? "" : comparison.differences.front();
}

std::string difference_of_files(const fs::path& expected, const fs::path& actual) {
  std::ifstream left(expected, std::ios::binary);
  std::ifstream right(actual, std::ios::binary);
  if (!right) return actual.string() + " is not there";
  std::string a(kBuffer, '\0');
  std::string b(kBuffer, '\0');
  for (std::uint64_t at = 0;;) {
    left.read(a.data(), kBuffer);
    right.read(b.data(), kBuffer);
    const auto n = static_cast<std::size_t>(left.gcount());
    if (left.gcount() != right.gcount()) return actual.string() + " has another size";
    if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(n), b.begin())) {
      return fmt::format("{} differs within the MiB at {}", actual.string(), at);
    }
    if (n == 0) return {};
    at += n;
  }
}

}  // namespace roost::bench
