// Bytes that stand for software: source text that packs about four times smaller, and
// records like a binary's, about two times.
//
// The same on every machine for the same state of the generator. FileWriter throws
// Error{failed} when the disk refuses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>

namespace roost::bench {

using Rng = std::mt19937_64;

void fill(Rng& rng, std::string& bytes);  // with noise

std::string source_text(std::size_t size, Rng& rng);

inline constexpr std::size_t kBinaryBlock = 1U << 20;
std::string binary_block(std::size_t size, Rng& rng);  // up to kBinaryBlock

class FileWriter {
 public:
  explicit FileWriter(const std::filesystem::path& path);
  void write(std::string_view bytes);
  void close();  // what was buffered is written; more can't be

 private:
  std::filesystem::path path_;
  std::ofstream out_;
};

}  // namespace roost::bench
