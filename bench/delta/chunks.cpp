#include "bench/delta/chunks.hpp"

#include "bench/fanout/disk.hpp"
#include "core/release/pack.hpp"

namespace roost::bench {
namespace {

namespace fs = std::filesystem;

release::Packed packed(const fs::path& tree, const fs::path& directory, const release::Index* base,
                       const std::stop_token& stop) {
  const ScratchDir scratch(directory);
  release::ScanOptions scan;
  scan.external_links = release::ExternalLinks::keep;
  scan.stop = stop;
  release::PackOptions pack;
  pack.base = base;
  pack.stop = stop;
  return pack_tree(scan_tree(tree.string(), scan), directory.string(), pack);
}

}  // namespace

Update update_of(const TreePair& pair, const fs::path& work_dir, const std::stop_token& stop) {
  const auto before = packed(pair.old_tree, work_dir / "pack", nullptr, stop);
  const auto after = packed(pair.new_tree, work_dir / "pack", &before.index, stop);
  return {.old_size = before.index.tree_bytes(),
          .index_bytes = after.index_tree.size,
          .stored_bytes = after.new_bytes,
          .changed_bytes = pair.changed_bytes,
          .changed_packed = pair.changed_packed};
}

}  // namespace roost::bench
