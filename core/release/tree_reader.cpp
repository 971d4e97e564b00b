#include "core/release/tree_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/error.hpp"
#include "core/release/beneath.hpp"
#include "core/release/format.hpp"
#include "core/release/refusals.hpp"
#include "core/release/stream_order.hpp"

namespace roost::release {
namespace {

[[noreturn]] void changed(const Entry& entry) {
  throw Error(Errc::usage,
              "read '" + escaped(entry.path.str()) + "': it changed since the tree was scanned",
              "publish a tree that nothing writes to, or leave the file out with --exclude GLOB");
}

bool same(const timespec& a, const timespec& b) noexcept {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

struct stat look(const Entry& entry, int fd) {
  struct stat info;
  if (fstat(fd, &info) != 0) throw_errno("read '" + escaped(entry.path.str()) + "'");
  return info;
}

void check_as_scanned(const Entry& entry, const struct stat& info) {
  const bool executable = (info.st_mode & S_IXUSR) != 0;
  if (!S_ISREG(info.st_mode) || (info.st_mode & (S_ISUID | S_ISGID)) != 0 ||
      executable != (entry.kind == Kind::executable) ||
      static_cast<std::uint64_t>(info.st_size) != entry.size ||
      info.st_mtim.tv_sec != entry.mtime) {
    changed(entry);
  }
}

bool all_zero(std::span<const std::uint8_t> bytes) noexcept {
  return bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace

TreeReader::TreeReader(const Tree& tree, Pipeline& pipeline, std::atomic<std::uint64_t>& bytes_read)
    : tree_(tree),
      pipeline_(pipeline),
      bytes_read_(bytes_read),
      sizes_(ChunkSizes::around(average_small_chunk(tree.bytes))),
      hole_block_(hole_block(tree.bytes)),
      block_bytes_(std::max<std::size_t>(2U << 20, 4 * std::size_t{sizes_.max})),
      pool_(std::make_shared<BlockPool>(block_bytes_)) {}

void TreeReader::run() {
  const std::uint64_t threshold = large_file(tree_.bytes);
  for (const std::uint32_t number : stream_order(tree_.entries, tree_.bytes)) {
    const Entry& entry = tree_.entries[number];
    const UniqueFd fd =
        open_beneath(tree_.root_fd.get(), entry.path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!fd) {
      if (errno == ENOENT || errno == ELOOP || errno == ENOTDIR || errno == ENXIO) changed(entry);
      throw_errno("read '" + escaped(entry.path.str()) + "'");
    }
    const struct stat before = look(entry, fd.get());
    check_as_scanned(entry, before);
    if (entry.size < threshold) {
      small(entry, fd.get());
    } else {
      if (region_ == Region::small_files) flush();
      region_ = Region::large_files;
      sizes_ = ChunkSizes::around(average_chunk(tree_.bytes));
      large(entry, fd.get());
    }
    const struct stat after = look(entry, fd.get());
    if (after.st_size != before.st_size || !same(after.st_mtim, before.st_mtim) ||
        !same(after.st_ctim, before.st_ctim)) {
      changed(entry);
    }
  }
  flush();
  pipeline_.close();
}

void TreeReader::small(const Entry& entry, int fd) {
  read_exactly(entry, fd, 0, room(entry.size).first(entry.size));
  commit(entry.size);
  bytes_read_ += entry.size;
}

void TreeReader::large(const Entry& entry, int fd) {
  data_until_ = 0;
  std::uint64_t zeros = 0;
  for (std::uint64_t at = 0; at < entry.size;) {
    std::uint64_t length = known_hole(fd, at, entry.size);
    bool data = length == 0;
    if (data) {
      length = std::min<std::uint64_t>(hole_block_, entry.size - at);
      const auto bytes = room(length).first(length);
      read_exactly(entry, fd, at, bytes);
      data = !all_zero(bytes);
    }
    if (data) {
      hole(std::exchange(zeros, 0));
      commit(length);
    } else {
      flush();
      zeros += length;
    }
    at += length;
    bytes_read_ += length;
  }
  flush();
  hole(zeros);
}

std::uint64_t TreeReader::known_hole(int fd, std::uint64_t at, std::uint64_t size) {
  if (at < data_until_) return 0;
  const off_t data = lseek(fd, static_cast<off_t>(at), SEEK_DATA);
  // ENXIO: no data from here on. Anything else: the file system can't say.
  const std::uint64_t next = data >= 0        ? static_cast<std::uint64_t>(data)
                             : errno == ENXIO ? size
                                              : at;
  if (next >= size) return size - at;
  const off_t hole = lseek(fd, static_cast<off_t>(next), SEEK_HOLE);
  data_until_ = hole > data ? static_cast<std::uint64_t>(hole) : size;
  return next / hole_block_ * hole_block_ - at;
}

std::span<std::uint8_t> TreeReader::room(std::size_t length) {
  if (block_ && end_ + length <= block_bytes_) return std::span(*block_).subspan(end_);
  std::shared_ptr<Bytes> next = pool_->take();
  if (end_ > begin_) std::memcpy(next->data(), block_->data() + begin_, end_ - begin_);
  block_ = std::move(next);
  end_ -= begin_;
  begin_ = 0;
  return std::span(*block_).subspan(end_);
}

void TreeReader::commit(std::size_t length) {
  end_ += length;
  while (end_ - begin_ >= sizes_.max) {
    cut(next_cut(BytesView(*block_).subspan(begin_, end_ - begin_), sizes_));
  }
}

void TreeReader::flush() {
  while (end_ > begin_) {
    cut(next_cut(BytesView(*block_).subspan(begin_, end_ - begin_), sizes_));
  }
}

void TreeReader::cut(std::size_t length) {
  pipeline_.push(
      {region_, length, BytesView(*block_).subspan(begin_, length), block_, nullptr, {}});
  begin_ += length;
}

void TreeReader::hole(std::uint64_t length) {
  if (length > 0) pipeline_.push({region_, length, {}, nullptr, nullptr, {}});
}

void TreeReader::read_exactly(const Entry& entry, int fd, std::uint64_t offset,
                              std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno("read '" + escaped(entry.path.str()) + "'");
    if (got == 0) changed(entry);
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
}

}  // namespace roost::release
