#include "bench/fanout/content.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "core/base/error.hpp"

namespace roost::bench {

void fill(Rng& rng, std::string& bytes) {
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    const auto word = rng();
    for (std::size_t k = i; k < std::min(i + 8, bytes.size()); ++k) {
      bytes[k] = static_cast<char>(word >> (8 * (k - i)));
    }
  }
}

// Each text has names of its own.
std::string source_text(std::size_t size, Rng& rng) {
  static constexpr std::array kWords{"return", "const",  "value", "if",     "(",      ")",
                                     "{\n",    "}\n",    ";\n",   "static", "import", "from",
                                     "self.",  "this->", " = ",   "0x"};
  constexpr int kNames = 24;
  std::vector<std::string> names;
  names.reserve(kNames);
  for (int i = 0; i < kNames; ++i) names.push_back(fmt::format("name_{:x}", rng() % 0xffffff));
  std::string text;
  while (text.size() < size) {
    const auto dice = rng();
    if (dice % 100 < 55) {
      text += kWords[(dice >> 8) % kWords.size()];
    } else if (dice % 100 < 90) {
      text += names[std::min((dice >> 8) % 24, (dice >> 16) % 24)];
    } else {
      text += fmt::format("{}", (dice >> 8) % 100000);
    }
    text += ' ';
  }
  text.resize(size);
  return text;
}

// Records that repeat with changes, some of it noise.
std::string binary_block(std::size_t size, Rng& rng) {
  std::string noise(kBinaryBlock, '\0');
  fill(rng, noise);
  std::string block;
  for (std::size_t at = 0; at + 64 <= noise.size() && block.size() < kBinaryBlock; at += 64) {
    block.append(noise, at, 40);
    block.append(88, static_cast<char>(noise[at] & 3));
  }
  block.resize(std::min(size, block.size()));
  return block;
}

FileWriter::FileWriter(const std::filesystem::path& path)
    : path_(path), out_(path, std::ios::binary) {
  if (!out_) throw Error(Errc::failed, "write " + path.string() + ": it can't be made");
}

void FileWriter::write(std::string_view bytes) {
  out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!out_) throw Error(Errc::failed, "write " + path_.string() + ": the disk says no");
}

void FileWriter::close() {
  out_.close();
  if (!out_) throw Error(Errc::failed, "write " + path_.string() + ": the disk says no");
}

}  // namespace roost::bench
