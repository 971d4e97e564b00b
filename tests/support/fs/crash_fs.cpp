#include "tests/support/fs/crash_fs.hpp"

#include <fcntl.h>

#include <stdexcept>
#include <utility>

namespace roost::test {

void CrashFs::record(const std::filesystem::path& top) {
  ids_.clear();
  log_.clear();
  start_ = Disk::load(top, ids_);
  next_ = static_cast<InodeId>(start_.inodes());
  recording_ = true;
}

std::optional<InodeId> CrashFs::id_of(const struct stat& found) const {
  if (!recording_) return std::nullopt;
  const auto known = ids_.find(found.st_ino);
  if (known == ids_.end()) return std::nullopt;
  return known->second;
}

std::optional<InodeId> CrashFs::id_of(int fd) {
  return id_of(Fs::stat(fd));
}

// A new name, of a new inode or of one that had another before.
void CrashFs::added(int dir, const std::string& name, const std::string& target) {
  const auto parent = id_of(dir);
  if (!parent) return;
  const auto found = Fs::stat_at(dir, name).value();
  const bool is_new = S_ISDIR(found.st_mode) || found.st_nlink == 1;
  if (is_new) ids_[found.st_ino] = next_++;
  log_.push_back({.kind = Op::Kind::add,
                  .inode = id_of(found).value(),
                  .dir = *parent,
                  .name = name,
                  .mode = found.st_mode,
                  .bytes = target});
}

// Looked up before the name is gone; nothing when it isn't there, or not ours.
std::optional<Op> CrashFs::removal_of(int dir, const std::string& name) {
  const auto parent = id_of(dir);
  const auto found = Fs::stat_at(dir, name);
  if (!parent || !found) return std::nullopt;
  return Op{.kind = Op::Kind::remove, .inode = id_of(*found).value(), .dir = *parent, .name = name};
}

void CrashFs::resized(int fd) {
  const auto inode = id_of(fd);
  if (!inode) return;
  const auto size = static_cast<std::uint64_t>(Fs::stat(fd).st_size);
  log_.push_back({.kind = Op::Kind::resize, .inode = *inode, .offset = size});
}

bool CrashFs::make_path(const std::string& path, mode_t mode) {
  if (!Fs::make_path(path, mode)) return false;
  const std::filesystem::path made(path);
  added(Fs::open_path(made.parent_path().string(), O_RDONLY | O_DIRECTORY).get(),
        made.filename().string());
  return true;
}

UniqueFd CrashFs::open(int dir, const std::string& path, int flags, mode_t mode) {
  if ((flags & O_CREAT) == 0) {
    if ((flags & O_TRUNC) != 0) throw std::logic_error("O_TRUNC without O_CREAT");
    return Fs::open(dir, path, flags, mode);
  }
  const auto there = Fs::stat_at(dir, path);
  auto fd = Fs::open(dir, path, flags, mode);
  if (!there) {
    added(dir, path);
  } else if ((flags & O_TRUNC) != 0 && there->st_size > 0) {
    resized(fd.get());
  }
  return fd;
}

void CrashFs::make_dir(int dir, const std::string& name, mode_t mode) {
  Fs::make_dir(dir, name, mode);
  added(dir, name);
}

void CrashFs::symlink(const std::string& target, int dir, const std::string& name) {
  Fs::symlink(target, dir, name);
  added(dir, name, target);
}

void CrashFs::link(int from_dir, const std::string& from, int to_dir, const std::string& to) {
  Fs::link(from_dir, from, to_dir, to);
  added(to_dir, to);
}

void CrashFs::rename(int from_dir, const std::string& from, int to_dir, const std::string& to,
                     unsigned flags) {
  const auto replaced = removal_of(to_dir, to);
  Fs::rename(from_dir, from, to_dir, to, flags);
  const auto source = id_of(from_dir), target = id_of(to_dir);
  if (!source || !target) return;
  if (replaced && broken_ == Broken::replacing) log_.push_back(*replaced);
  log_.push_back({.kind = Op::Kind::move,
                  .inode = id_of(Fs::stat_at(to_dir, to).value()).value(),
                  .dir = *source,
                  .name = from,
                  .to_dir = *target,
                  .to_name = to});
}

void CrashFs::unlink(int dir, const std::string& name) {
  const auto removal = removal_of(dir, name);
  Fs::unlink(dir, name);
  if (removal) log_.push_back(*removal);
}

void CrashFs::remove_dir(int dir, const std::string& name) {
  const auto removal = removal_of(dir, name);
  Fs::remove_dir(dir, name);
  if (removal) log_.push_back(*removal);
}

void CrashFs::write(int fd, BytesView bytes, std::uint64_t offset) {
  Fs::write(fd, bytes, offset);
  const auto inode = id_of(fd);
  if (!inode) return;
  log_.push_back({.kind = Op::Kind::write,
                  .inode = *inode,
                  .offset = offset,
                  .bytes = std::string(as_text(bytes))});
}

void CrashFs::truncate(int fd, std::uint64_t size) {
  Fs::truncate(fd, size);
  resized(fd);
}

void CrashFs::allocate(int fd, std::uint64_t size) {
  Fs::allocate(fd, size);
  resized(fd);
}

void CrashFs::chmod(int fd, mode_t mode) {
  Fs::chmod(fd, mode);
  if (const auto inode = id_of(fd)) {
    log_.push_back({.kind = Op::Kind::chmod, .inode = *inode, .mode = mode});
  }
}

void CrashFs::set_mtime(int fd, std::int64_t seconds) {
  Fs::set_mtime(fd, seconds);
  if (const auto inode = id_of(fd)) {
    log_.push_back({.kind = Op::Kind::touch, .inode = *inode, .mtime = seconds});
  }
}

// A link has no fsync of its own: its time comes with its name. So the sync of the directory keeps
// both, as on file systems that write a new inode and its name in one transaction.
void CrashFs::set_link_mtime(int dir, const std::string& name, std::int64_t seconds) {
  Fs::set_link_mtime(dir, name, seconds);
  const auto parent = id_of(dir);
  if (!parent) return;
  const auto inode = id_of(Fs::stat_at(dir, name).value()).value();
  log_.push_back({.kind = Op::Kind::touch, .inode = inode, .dir = *parent, .mtime = seconds});
}

void CrashFs::sync(int fd) {
  Fs::sync(fd);
  const auto found = Fs::stat(fd);
  const auto skipped = S_ISDIR(found.st_mode) ? Broken::directories : Broken::files;
  const auto inode = id_of(found);
  if (!inode || broken_ == Broken::all || broken_ == skipped) return;
  log_.push_back({.kind = Op::Kind::sync, .inode = *inode});
}

void CrashFs::sync_fs(int fd) {
  Fs::sync_fs(fd);
  if (!id_of(fd) || broken_ == Broken::all || broken_ == Broken::file_systems) return;
  log_.push_back({.kind = Op::Kind::sync_all});
}

}  // namespace roost::test
