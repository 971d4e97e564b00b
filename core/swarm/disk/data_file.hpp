// The one file of a transfer, as the disk back end sees it: bytes at offsets, read and
// written in runs, errors kept as they were (errno and operation).
//
// Opened when it is first needed, for reading and for writing apart, so that a seeder
// needs no right to write. Never truncated. Safe to use from two threads at once. What
// lies behind the file's end in the torrent (a pad file) reads as zeros.
// Private to core/swarm.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <libtorrent/error_code.hpp>
#include <mutex>
#include <span>
#include <string>

#include "core/base/fd.hpp"

namespace roost::swarm {

// What tests replace, to make a disk that is full, slow or broken.
struct FileCalls {
  virtual ~FileCalls() = default;
  virtual ssize_t write(int fd, const iovec* parts, int count, std::int64_t offset);
  virtual ssize_t read(int fd, const iovec* parts, int count, std::int64_t offset, int flags);
  static FileCalls& real();
};

class DataFile {
 public:
  DataFile(std::string path, std::int64_t size, FileCalls& calls)
      : path_(std::move(path)), size_(size), calls_(calls) {}

  // Every byte of the parts, or an error. Parts are changed.
  libtorrent::storage_error write(std::span<iovec> parts, std::int64_t offset);
  libtorrent::storage_error read(std::span<iovec> parts, std::int64_t offset);

  // How many bytes could be had at once, without waiting for a disk; 0 if none.
  std::int64_t read_cached(std::span<const iovec> parts, std::int64_t offset);

  const std::string& path() const noexcept { return path_; }
  std::int64_t size() const noexcept { return size_; }

 private:
  int open(UniqueFd& fd, int flags);

  const std::string path_;
  const std::int64_t size_;
  FileCalls& calls_;
  std::mutex opening_;
  UniqueFd reader_, writer_;
};

libtorrent::storage_error disk_error(int number, libtorrent::operation_t operation);

}  // namespace roost::swarm
