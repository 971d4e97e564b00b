// Packs and expands trees for the tests of this folder.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "core/base/error.hpp"
#include "core/base/fd.hpp"
#include "core/crypto/sha256.hpp"
#include "core/release/expand.hpp"
#include "core/release/pack.hpp"
#include "core/release/scan.hpp"
#include "tests/support/temp_dir.hpp"

namespace roost::release::test {

namespace fs = std::filesystem;

inline Tree scan(const fs::path& dir, ExternalLinks links = ExternalLinks::keep) {
  ScanOptions options;
  options.external_links = links;
  return scan_tree(dir, options);
}

struct PackedTree {
  Packed packed;
  std::string index_bytes;
  std::string image_bytes;
};

inline std::unique_ptr<PackedTree> pack(const fs::path& tree, const PackOptions& options = {}) {
  roost::test::TempDir out;
  Packed packed = pack_tree(scan(tree), out.path(), options);
  std::string index = roost::test::read_file(packed.index_path);
  std::string image = roost::test::read_file(packed.image_path);
  return std::unique_ptr<PackedTree>(
      new PackedTree{std::move(packed), std::move(index), std::move(image)});
}

// Writes into a plain directory, as a store would into its own.
class DirectorySink : public TreeSink {
 public:
  DirectorySink(const Index& index, fs::path dir) : index_(index), dir_(std::move(dir)) {
    for (const Entry& entry : index.entries()) {
      const fs::path path = dir_ / entry.path.str();
      if (entry.kind == Kind::directory) fs::create_directory(path);
      if (entry.kind == Kind::symlink) fs::create_symlink(entry.target, path);
      if (!entry.is_file()) continue;
      const UniqueFd fd(::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC,
                               entry.kind == Kind::executable ? 0755 : 0644));
      if (!fd || ftruncate(fd.get(), static_cast<off_t>(entry.size)) != 0) throw_errno(path);
    }
  }

  void write(std::uint32_t entry, std::uint64_t offset, BytesView bytes) override {
    const fs::path path = dir_ / index_.entries()[entry].path.str();
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)) !=
        static_cast<ssize_t>(bytes.size())) {
      throw_errno(path);
    }
  }

  // Last, since writing moves them; what lies in a directory before the directory.
  void set_times() const {
    for (auto entry = index_.entries().rbegin(); entry != index_.entries().rend(); ++entry) {
      const timespec times[2] = {{entry->mtime, 0}, {entry->mtime, 0}};
      utimensat(AT_FDCWD, (dir_ / entry->path.str()).c_str(), times, AT_SYMLINK_NOFOLLOW);
    }
  }

 private:
  const Index& index_;
  fs::path dir_;
};

inline BytesView stored_chunk(const std::string& image, const ChunkInfo& chunk) {
  return as_bytes(std::string_view(image).substr(chunk.offset, chunk.stored_length));
}

inline void expand_all(const Index& index, const std::string& image, const fs::path& dir) {
  DirectorySink sink(index, dir);
  Expander expander(index, sink);
  for (std::uint32_t i = 0; i < index.chunks().size(); ++i) {
    expander.expand(i, stored_chunk(image, index.chunks()[i]));
  }
  sink.set_times();
}

// The code and text of what `action` throws; "nothing" if it does not.
template <class F>
std::string thrown(F&& action) {
  try {
    action();
  } catch (const Error& error) {
    return std::string(errc_info(error.code()).name) + ": " + error.what();
  }
  return "nothing";
}

}  // namespace roost::release::test
