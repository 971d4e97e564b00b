#include "core/swarm/disk/data_file.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <libtorrent/operations.hpp>

namespace roost::swarm {
namespace lt = libtorrent;
namespace {

// Drops the first `bytes` of the parts.
std::span<iovec> advance(std::span<iovec> parts, std::size_t bytes) {
  while (!parts.empty() && bytes >= parts.front().iov_len) {
    bytes -= parts.front().iov_len;
    parts = parts.subspan(1);
  }
  if (!parts.empty()) {
    parts.front().iov_base = static_cast<char*>(parts.front().iov_base) + bytes;
    parts.front().iov_len -= bytes;
  }
  return parts;
}

// Zeros for what lies behind `bytes`; the parts that remain end there.
std::span<iovec> cut(std::span<iovec> parts, std::int64_t bytes) {
  auto left = static_cast<std::size_t>(std::max<std::int64_t>(0, bytes));
  std::size_t count = 0;
  for (iovec& part : parts) {
    const std::size_t keep = std::min(left, part.iov_len);
    std::memset(static_cast<char*>(part.iov_base) + keep, 0, part.iov_len - keep);
    part.iov_len = keep;
    left -= keep;
    if (keep != 0) ++count;
  }
  return parts.first(count);
}

lt::storage_error short_file() {
  return {lt::errors::file_too_short, lt::file_index_t(0), lt::operation_t::file_read};
}

}  // namespace

ssize_t FileCalls::write(int fd, const iovec* parts, int count, std::int64_t offset) {
  return ::pwritev(fd, parts, count, offset);
}

ssize_t FileCalls::read(int fd, const iovec* parts, int count, std::int64_t offset, int flags) {
  return ::preadv2(fd, parts, count, offset, flags);
}

FileCalls& FileCalls::real() {
  static FileCalls calls;
  return calls;
}

lt::storage_error disk_error(int number, lt::operation_t operation) {
  return {lt::error_code(number, boost::system::generic_category()), lt::file_index_t(0),
          operation};
}

int DataFile::open(UniqueFd& fd, int flags) {
  const std::lock_guard lock(opening_);
  if (!fd) fd.reset(::open(path_.c_str(), flags | O_CLOEXEC | O_NOCTTY, 0666));
  return fd.get();
}

lt::storage_error DataFile::write(std::span<iovec> parts, std::int64_t offset) {
  const int fd = open(writer_, O_WRONLY | O_CREAT);
  if (fd < 0) return disk_error(errno, lt::operation_t::file_open);
  while (!parts.empty()) {
    const auto count = static_cast<int>(std::min<std::size_t>(parts.size(), IOV_MAX));
    const ssize_t done = calls_.write(fd, parts.data(), count, offset);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return disk_error(errno, lt::operation_t::file_write);
    if (done == 0) return disk_error(EIO, lt::operation_t::file_write);
    offset += done;
    parts = advance(parts, static_cast<std::size_t>(done));
  }
  return {};
}

lt::storage_error DataFile::read(std::span<iovec> parts, std::int64_t offset) {
  parts = cut(parts, size_ - offset);
  if (parts.empty()) return {};
  const int fd = open(reader_, O_RDONLY);
  if (fd < 0) return disk_error(errno, lt::operation_t::file_open);
  while (!parts.empty()) {
    const auto count = static_cast<int>(std::min<std::size_t>(parts.size(), IOV_MAX));
    const ssize_t done = calls_.read(fd, parts.data(), count, offset, 0);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return disk_error(errno, lt::operation_t::file_read);
    if (done == 0) return short_file();
    offset += done;
    parts = advance(parts, static_cast<std::size_t>(done));
  }
  return {};
}

std::int64_t DataFile::read_cached(std::span<const iovec> parts, std::int64_t offset) {
  const int fd = open(reader_, O_RDONLY);
  if (fd < 0) return 0;
  const auto count = static_cast<int>(std::min<std::size_t>(parts.size(), IOV_MAX));
  return std::max<ssize_t>(0, calls_.read(fd, parts.data(), count, offset, RWF_NOWAIT));
}

}  // namespace roost::swarm
