// One packed tree that several micro benchmarks look at: made once, in a
// temporary directory that is gone at the end of the program.
#pragma once

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>

#include "core/release/pack.hpp"

namespace roost::bench {

// Text that zstd packs about as well as source code: words with a skewed
// frequency. The same for the same seed.
std::string prose(std::size_t size, std::uint64_t seed);

struct PackedTree {
  release::Packed packed;
  Bytes index;
  Bytes image;
};

// 4,000 small files and four of 8 MiB, about 48 MiB.
const PackedTree& packed_tree();

// The same, from nothing but the scanned tree: what publish does.
release::Packed pack_into(const std::filesystem::path& directory, unsigned threads);

// Where its files are, and a fresh directory beside them.
const std::filesystem::path& tree_path();
std::filesystem::path fresh_directory();

}  // namespace roost::bench
