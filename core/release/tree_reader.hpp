// Reads a scanned tree in stream order, cuts it into segments and pushes them into a
// pipeline. Every file is held to what the scan saw, and to not changing while it is
// read. One thread. Private to core/release.
// Throws Error{usage} naming a file that changed, failed for one that can't be read.
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "core/release/block_pool.hpp"
#include "core/release/chunker.hpp"
#include "core/release/pipeline.hpp"
#include "core/release/scan.hpp"

namespace roost::release {

class TreeReader {
 public:
  TreeReader(const Tree& tree, Pipeline& pipeline, std::atomic<std::uint64_t>& bytes_read);

  void run();  // pushes everything and closes the pipeline

 private:
  void small(const Entry& entry, int fd);
  void large(const Entry& entry, int fd);
  // How many zero bytes the file system promises from `at` on, whole blocks or to the end.
  std::uint64_t known_hole(int fd, std::uint64_t at, std::uint64_t size);

  std::span<std::uint8_t> room(std::size_t length);  // behind what is held
  void commit(std::size_t length);                   // the first bytes of room() are held now
  void flush();                                      // a cut here
  void hole(std::uint64_t length);
  void cut(std::size_t length);
  void read_exactly(const Entry& entry, int fd, std::uint64_t offset, std::span<std::uint8_t> out);

  const Tree& tree_;
  Pipeline& pipeline_;
  std::atomic<std::uint64_t>& bytes_read_;
  Region region_ = Region::small_files;
  ChunkSizes sizes_;  // of the small files first, then of the large
  const std::uint32_t hole_block_;
  const std::size_t block_bytes_;
  std::shared_ptr<BlockPool> pool_;
  std::shared_ptr<Bytes> block_;
  std::size_t begin_ = 0;  // of what is held in block_
  std::size_t end_ = 0;
  std::uint64_t data_until_ = 0;  // of the current large file, as SEEK_HOLE says
};

}  // namespace roost::release
