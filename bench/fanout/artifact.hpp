// What is brought to the nodes: a blob of random bytes, or a file tree; maybe to nodes that
// hold an earlier tree already.
//
// Made from a seed in a directory of its own, the same on every machine; or a tree
// that is there already and only read. packed() makes an archive of it for
// the methods that carry one file. Throws Error and filesystem_error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "bench/results/run.hpp"

namespace roost::bench {

enum class Packing { zstd, gzip };

class Artifact {
 public:
  // Both made below work_dir.
  static Artifact make(Shape shape, std::uint64_t size, std::uint64_t seed,
                       const std::filesystem::path& work_dir);
  static Artifact existing(const std::filesystem::path& tree,
                           const std::filesystem::path& work_dir);
  // `tree` for nodes that hold `previous`, both there already.
  static Artifact update(const std::filesystem::path& previous, const std::filesystem::path& tree,
                         const std::filesystem::path& work_dir);

  Shape shape() const noexcept { return shape_; }
  std::uint64_t size() const noexcept { return size_; }  // the sum of its files
  const std::filesystem::path& tree() const noexcept { return tree_; }
  const std::optional<std::filesystem::path>& previous() const noexcept { return previous_; }
  const std::filesystem::path& work_dir() const noexcept { return work_dir_; }

  // The one file that methods without trees carry: the blob itself or the packed tree.
  std::filesystem::path file() {
    return shape_ == Shape::blob ? tree_ / kBlob : packed(Packing::zstd);
  }
  // The tree as an archive; made on the first call.
  std::filesystem::path packed(Packing packing);

  // Why what a node received is not the artifact; empty when it is. For a blob `received`
  // is the file, for a tree the directory.
  std::string difference(const std::filesystem::path& received) const;

  static constexpr const char* kBlob = "blob.bin";

 private:
  Artifact() = default;

  Shape shape_ = Shape::blob;
  std::uint64_t size_ = 0;
  std::filesystem::path tree_, work_dir_;
  std::optional<std::filesystem::path> previous_;
};

// Why two files differ; empty when they don't.
std::string difference_of_files(const std::filesystem::path& expected,
                                const std::filesystem::path& actual);

}  // namespace roost::bench
