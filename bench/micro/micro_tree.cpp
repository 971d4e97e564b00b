#include "bench/micro/micro_tree.hpp"

#include <stdlib.h>

#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace roost::bench {
namespace {

namespace fs = std::filesystem;

class Workshop {
 public:
  Workshop() {
    std::string name = (fs::temp_directory_path() / "roost-micro.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    path_ = name;
    fill();
  }
  ~Workshop() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  fs::path tree() const { return path_ / "tree"; }
  fs::path fresh() {
    auto made = path_ / ("out-" + std::to_string(count_++));
    fs::create_directory(made);
    return made;
  }

 private:
  void fill() const {
    constexpr int kFiles = 4000;
    constexpr int kLarge = 4;
    for (int i = 0; i < kFiles; ++i) {
      const auto dir = tree() / ("module-" + std::to_string(i / 40));
      fs::create_directories(dir);
      std::ofstream(dir / ("file-" + std::to_string(i) + ".txt"), std::ios::binary)
          << prose(512 + static_cast<std::size_t>(i % 97) * 80, static_cast<std::uint64_t>(i));
    }
    for (int i = 0; i < kLarge; ++i) {
      std::ofstream(tree() / ("large-" + std::to_string(i)), std::ios::binary)
          << prose(std::size_t{8} << 20, 100'000U + static_cast<std::uint64_t>(i));
    }
  }

  fs::path path_;
  int count_ = 0;
};

Workshop& workshop() {
  static Workshop made;
  return made;
}

Bytes read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

std::string prose(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 rng(seed);
  std::array<std::string, 512> words;
  std::mt19937_64 letters(42);  // the same dictionary for everybody
  for (auto& word : words) {
    word.resize(2 + letters() % 9);
    for (auto& c : word) c = static_cast<char>('a' + letters() % 26);
  }
  std::string text;
  text.reserve(size + 16);
  while (text.size() < size) {
    const auto draw = rng() % words.size();
    text += words[draw * (rng() % words.size()) / words.size()];  // low numbers more often
    text += rng() % 9 == 0 ? '\n' : ' ';
    if (rng() % 5 == 0) text += std::to_string(rng() % 100'000);
  }
  text.resize(size);
  return text;
}

const std::filesystem::path& tree_path() {
  static const fs::path path = workshop().tree();
  return path;
}

std::filesystem::path fresh_directory() {
  return workshop().fresh();
}

release::Packed pack_into(const std::filesystem::path& directory, unsigned threads) {
  release::PackOptions options;
  options.threads = threads;
  return release::pack_tree(release::scan_tree(tree_path().string(), {}), directory.string(),
                            options);
}

const PackedTree& packed_tree() {
  static const PackedTree made = [] {
    auto packed = pack_into(fresh_directory(), 0);
    auto index = read_file(packed.index_path);
    auto image = read_file(packed.image_path);
    return PackedTree{std::move(packed), std::move(index), std::move(image)};
  }();
  return made;
}

}  // namespace roost::bench
