// Changes a tree in place and counts what is new in it.
//
// New bytes are packed on the way, in one zstd stream of level 3 as the zstd program
// makes it, so that their size is what they would be by themselves. One thread.
// Throws Error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bench/delta/spans.hpp"
#include "bench/fanout/content.hpp"

namespace roost::bench {

class Edit {
 public:
  Edit(std::filesystem::path tree, std::uint64_t size, std::uint64_t seed);
  ~Edit();

  const std::filesystem::path& tree() const noexcept { return tree_; }
  std::uint64_t size() const noexcept { return size_; }  // of the tree before
  Rng& rng() noexcept { return rng_; }

  // The files below a directory of the tree, sorted by path.
  std::vector<std::filesystem::path> files(std::string_view directory) const;

  // Both ends of a span differ from what was there.
  void overwrite(const std::filesystem::path& file, const std::vector<Span>& spans,
                 std::string (*content)(std::size_t size, Rng& rng));
  // Each span is where it lies afterwards.
  void insert(const std::filesystem::path& file, const std::vector<Span>& spans,
              std::string (*content)(std::size_t size, Rng& rng));

  std::uint64_t changed_bytes() const noexcept { return changed_bytes_; }
  std::uint64_t changed_packed();  // once, at the end; 0 when nothing changed
  bool changed(const std::filesystem::path& file) const { return changed_files_.contains(file); }

 private:
  class Packer;

  void count(std::string_view bytes);

  std::filesystem::path tree_;
  std::uint64_t size_;
  Rng rng_;
  std::unique_ptr<Packer> packer_;
  std::uint64_t changed_bytes_ = 0;
  std::set<std::filesystem::path> changed_files_;
};

}  // namespace roost::bench
