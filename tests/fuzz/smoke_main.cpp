// Runs a fuzz target without a fuzzer: every file of a corpus, then mutations of them.
//
//   NAME_fuzz CORPUS_DIR          two seconds of seeded mutations
//   NAME_fuzz FILE...             just these inputs, to repeat a failure
// The mutations depend on the seed alone, their number on the time. An input that
// makes the target die is written to ./NAME_fuzz.failed first.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;
namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kTime{1500};
constexpr std::size_t kFewest = 1000;
constexpr std::size_t kMost = 200'000;
constexpr std::uint64_t kSeed = 20'240'501;
constexpr std::size_t kLongest = 64 * 1024;

Input read_input(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What the target was given when it died is in this file: a crash can't be asked.
class Recorder {
 public:
  explicit Recorder(std::string path) : file_(std::fopen(path.c_str(), "w+b")), path_(path) {}
  ~Recorder() {
    if (file_ != nullptr) std::fclose(file_);
    fs::remove(path_);
  }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  void run(const Input& input) {
    if (file_ != nullptr) {
      std::rewind(file_);
      std::fwrite(input.data(), 1, input.size(), file_);
      std::fflush(file_);
      fs::resize_file(path_, input.size());
    }
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }

 private:
  std::FILE* file_;
  fs::path path_;
};

class Mutator {
 public:
  explicit Mutator(const std::vector<Input>& corpus) : corpus_(corpus) {}

  Input next() {
    Input input = pick();
    const auto changes = 1 + random_() % 4;
    for (std::size_t i = 0; i < changes; ++i) change(input);
    input.resize(std::min(input.size(), kLongest));
    return input;
  }

 private:
  const Input& pick() { return corpus_[random_() % corpus_.size()]; }
  std::size_t at(const Input& input) { return random_() % input.size(); }
  std::ptrdiff_t offset(const Input& input) {
    return static_cast<std::ptrdiff_t>(random_() % (input.size() + 1));
  }

  void change(Input& input) {
    constexpr std::uint8_t kOdd[] = {0, 1, 0x7F, 0x80, 0xFF, '0', '9', '-', ':', '{', '"', 'e'};
    const auto kind = input.empty() ? 1 : random_() % 7;
    switch (kind) {
      case 0:  // one bit
        input[at(input)] ^= static_cast<std::uint8_t>(1U << (random_() % 8));
        break;
      case 1:  // more bytes
        input.insert(input.begin() + offset(input), 1 + random_() % 8,
                     static_cast<std::uint8_t>(random_()));
        break;
      case 2:  // fewer
        input.erase(input.begin() + static_cast<std::ptrdiff_t>(at(input)));
        break;
      case 3:  // truncated
        input.resize(at(input));
        break;
      case 4:  // a byte that parsers look at
        input[at(input)] = kOdd[random_() % std::size(kOdd)];
        break;
      case 5:  // a run again
        repeat(input);
        break;
      default:  // the head of this, the tail of another
        splice(input);
    }
  }

  void repeat(Input& input) {
    const auto begin = at(input);
    const auto length = std::min<std::size_t>(input.size() - begin, 1 + random_() % 64);
    const Input run(input.begin() + static_cast<std::ptrdiff_t>(begin),
                    input.begin() + static_cast<std::ptrdiff_t>(begin + length));
    input.insert(input.begin() + offset(input), run.begin(), run.end());
  }

  void splice(Input& input) {
    const Input& other = pick();
    input.resize(at(input));
    if (!other.empty()) input.insert(input.end(), other.begin() + offset(other), other.end());
  }

  const std::vector<Input>& corpus_;
  std::mt19937_64 random_{kSeed};
};

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  std::vector<Input> corpus;
  bool mutate = false;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (!fs::is_directory(words[i])) {
      if (fs::exists(words[i])) corpus.push_back(read_input(words[i]));
      continue;
    }
    mutate = true;
    std::vector<fs::path> files;
    for (const auto& item : fs::directory_iterator(words[i])) files.push_back(item.path());
    std::ranges::sort(files);
    for (const auto& file : files) corpus.push_back(read_input(file));
  }
  if (corpus.empty()) {
    std::fprintf(stderr, "error: run %s: no corpus and no input given\n", words[0].c_str());
    return 1;
  }
  const fs::path program(words.front());
  Recorder recorder(program.filename().string() + ".failed");
  recorder.run({});
  for (const auto& input : corpus) recorder.run(input);
  std::size_t runs = 0;
  Mutator mutator(corpus);
  const auto end = std::chrono::steady_clock::now() + kTime;
  while (mutate && runs < kMost && (runs < kFewest || std::chrono::steady_clock::now() < end)) {
    recorder.run(mutator.next());
    ++runs;
  }
  std::printf("%zu inputs, %zu mutations\n", corpus.size(), runs);
  return 0;
}
