// What a node that has one tree must receive for another, by the order of chunks in the
// image and by whether pieces are filled by block.   delta_cost OLD_DIR NEW_DIR WORK_DIR
#include <fcntl.h>
#include <fmt/core.h>

#include <filesystem>
#include <string>

#include "core/base/error.hpp"
#include "core/release/image_fill.hpp"
#include "core/release/pack.hpp"

namespace {

using namespace roost;
using namespace roost::release;
namespace fs = std::filesystem;

Packed pack(const std::string& tree, const fs::path& out, const Index* base) {
  fs::remove_all(out);
  fs::create_directories(out);
  ScanOptions options;
  options.external_links = ExternalLinks::keep;
  PackOptions how;
  how.base = base;
  return pack_tree(scan_tree(tree, options), out, how);
}

void report(const char* order, const Packed& packed, const Packed& old, const fs::path& work) {
  const auto part = FilePart::of(packed.image_tree);
  const UniqueFd source(::open(old.image_path.c_str(), O_RDONLY | O_CLOEXEC));
  const UniqueFd target(
      ::open((work / "filled").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!source || !target) throw_errno("open images in " + work.string());
  real_fs().allocate(target.get(), part.size);
  ChunkMatch match(packed.index);
  match.add(0, old.index);
  const auto filled =
      fill_image(real_fs(), {packed.index, part, packed.image_tree.pieces, target.get(), {}}, match,
                 {source.get()}, {});
  std::uint64_t changed = 0;
  for (std::uint32_t i = 0; i < packed.index.chunks().size(); ++i) {
    if (!match.find(i)) changed += packed.index.chunks()[i].stored_length;
  }
  std::uint64_t pieces = 0;  // that are not whole
  for (std::size_t piece = 0; piece < filled.have.size(); ++piece) {
    const auto begin = piece * std::uint64_t{part.piece_length};
    if (!filled.have[piece])
      pieces += std::min<std::uint64_t>(part.piece_length, part.size - begin);
  }
  const auto blocks = part.size - filled.from[0];
  const auto ratio = [&](std::uint64_t bytes) {
    return static_cast<double>(bytes) / static_cast<double>(std::max<std::uint64_t>(changed, 1));
  };
  fmt::print(
      "{}: image {} in pieces of {}, index {}; changed chunks {}; whole pieces {} ({:.2f}), by "
      "block {} ({:.2f})\n",
      order, part.size, part.piece_length, packed.index_tree.size, changed, pieces, ratio(pieces),
      blocks, ratio(blocks));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: delta_cost OLD_DIR NEW_DIR WORK_DIR\n");
    return 2;
  }
  try {
    const fs::path work = argv[3];
    const auto old = pack(argv[1], work / "old", nullptr);
    report("new chunks first", pack(argv[2], work / "new", &old.index), old, work);
    report("order of the stream", pack(argv[2], work / "new", nullptr), old, work);
  } catch (const Error& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
