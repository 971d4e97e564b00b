// What a node that has one tree must receive for another, by the order of chunks in the
// image, by whether pieces are filled by block, and with patches.
//   delta_cost OLD_DIR NEW_DIR WORK_DIR
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/resource.h>

#include <filesystem>
#include <string>

#include "core/base/error.hpp"
#include "core/release/image_fill.hpp"
#include "core/release/pack.hpp"
#include "core/release/patches.hpp"

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

UniqueFd open_in(const fs::path& path, int flags) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, 0644));
  if (!fd) throw_errno("open " + path.string());
  return fd;
}

void report(const char* order, const Packed& packed, const Packed& old, const fs::path& work) {
  const auto part = FilePart::of(packed.image_tree);
  const auto source = open_in(old.image_path, O_RDONLY);
  const auto target = open_in(work / "filled", O_RDWR | O_CREAT | O_TRUNC);
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

// CPU time of all threads.
double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void report_patches(const Packed& packed, const Packed& old, const fs::path& work) {
  const auto image = open_in(packed.image_path, O_RDONLY);
  const auto base = open_in(old.image_path, O_RDONLY);
  const auto path = work / "new/patches";
  std::uint64_t raw = 0;
  const auto start = cpu_seconds();
  const auto plan = plan_patches(packed.index, old.index);
  for (const auto& run : plan.runs) {
    for (std::uint32_t i = 0; i < run.count; ++i) {
      raw += packed.index.chunks()[run.first + i].raw_length;
    }
  }
  const auto planned = cpu_seconds();
  const auto tree =
      write_patches(real_fs(), plan, {packed.index, image.get(), old.index, base.get()}, path, {});
  const auto written = cpu_seconds();
  if (!tree) {
    fmt::print("patches: none\n");
    return;
  }
  const auto file = open_in(path, O_RDONLY);
  const auto scratch = open_in(work / "scratch", O_RDWR | O_CREAT | O_TRUNC);
  ChunkMatch match(packed.index);
  match.add(0, old.index);
  const auto known = match.found();
  const auto begin = cpu_seconds();
  auto set = PatchSet::read(real_fs(), file.get(), tree->size, packed.index);
  set.add(0, old.index);
  const auto made =
      apply_patches(real_fs(), set, packed.index, match, {base.get()}, {scratch.get(), 1}, {});
  const auto end = cpu_seconds();
  fmt::print(
      "patches: {} of {} runs, {} bytes, for {} of {} changed chunks with {} of {} bytes: a node "
      "receives {} instead of {}\n"
      "CPU time: plan {:.3f} s, make {:.2f} s ({:.0f} MB of new bytes a second), apply {:.2f} s "
      "({:.0f} MB of image a second)\n",
      set.patches().size(), plan.runs.size(), tree->size, match.found() - known, packed.new_chunks,
      made, packed.new_bytes, tree->size + packed.new_bytes - made, packed.new_bytes,
      planned - start, written - planned, static_cast<double>(raw) / 1e6 / (written - planned),
      end - begin, static_cast<double>(made) / 1e6 / (end - begin));
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
    {
      const auto packed = pack(argv[2], work / "new", &old.index);
      report("new chunks first", packed, old, work);
      report_patches(packed, old, work);
    }
    report("order of the stream", pack(argv[2], work / "new", nullptr), old, work);
  } catch (const Error& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
