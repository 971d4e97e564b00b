// A file system that goes wrong on purpose. Operations are counted from 1.
//
// fail_at: that one operation (fail_for_good: and all after it of the same kind,
// full disk or broken disk) fails with fail_errno. Reading ones can fail, too.
#pragma once

#include <fcntl.h>

#include <cerrno>
#include <limits>
#include <string>
#include <vector>

#include "core/base/fs.hpp"

namespace roost::store {

class FaultyFs : public Fs {
 public:
  static constexpr long kNever = std::numeric_limits<long>::max();

  long fail_at = kNever;
  int fail_errno = 0;
  bool fail_for_good = false;

  long operations() const { return operations_; }
  const std::vector<std::string>& trace() const { return trace_; }

  UniqueFd open_path(const std::string& path, int flags) override {
    if (!path.starts_with(kProc)) reads("open " + path);
    return Fs::open_path(path, flags);
  }
  UniqueFd open(int dir, const std::string& path, int flags, mode_t mode) override {
    if ((flags & O_CREAT) != 0 && !Fs::stat_at(dir, path)) {
      changing("create " + path);
    } else {
      reads("open " + path);
    }
    return Fs::open(dir, path, flags, mode);
  }
  void make_dir(int dir, const std::string& name, mode_t mode) override {
    changing("mkdir " + name);
    Fs::make_dir(dir, name, mode);
  }
  void symlink(const std::string& target, int dir, const std::string& name) override {
    changing("symlink " + name);
    Fs::symlink(target, dir, name);
  }
  void rename(int from_dir, const std::string& from, int to_dir, const std::string& to,
              unsigned flags) override {
    changing("rename " + from + " " + to);
    Fs::rename(from_dir, from, to_dir, to, flags);
  }
  void unlink(int dir, const std::string& name) override {
    changing("unlink " + name);
    Fs::unlink(dir, name);
  }
  void remove_dir(int dir, const std::string& name) override {
    changing("rmdir " + name);
    Fs::remove_dir(dir, name);
  }
  void write(int fd, BytesView bytes, std::uint64_t offset) override {
    changing("write");
    Fs::write(fd, bytes, offset);
  }
  void truncate(int fd, std::uint64_t size) override {
    changing("truncate");
    Fs::truncate(fd, size);
  }
  void allocate(int fd, std::uint64_t size) override {
    changing("allocate");
    Fs::allocate(fd, size);
  }
  void chmod(int fd, mode_t mode) override {
    changing("chmod");
    Fs::chmod(fd, mode);
  }
  void set_mtime(int fd, std::int64_t seconds) override {
    changing("mtime");
    Fs::set_mtime(fd, seconds);
  }
  void set_link_mtime(int dir, const std::string& name, std::int64_t seconds) override {
    changing("mtime " + name);
    Fs::set_link_mtime(dir, name, seconds);
  }
  void sync(int fd) override {
    changing("sync");
    Fs::sync(fd);
  }
  void sync_fs(int fd) override {
    changing("syncfs");
    Fs::sync_fs(fd);
  }
  void start_writeback(int, std::uint64_t, std::uint64_t) override { reads("writeback"); }
  struct stat stat(int fd) override {
    reads("stat");
    return Fs::stat(fd);
  }
  std::optional<struct stat> stat_at(int dir, const std::string& name) override {
    reads("stat " + name);
    return Fs::stat_at(dir, name);
  }
  std::optional<std::string> read_link(int dir, const std::string& name) override {
    if (!path_of(dir).starts_with(kProc)) reads("readlink " + name);
    return Fs::read_link(dir, name);
  }
  std::vector<DirEntry> list(int dir) override {
    if (!path_of(dir).starts_with(kProc)) reads("list");
    return Fs::list(dir);
  }
  std::size_t read(int fd, std::span<std::uint8_t> out, std::uint64_t offset) override {
    reads("read");
    return Fs::read(fd, out, offset);
  }

 private:
  static constexpr const char* kProc = "/proc";  // not a disk, and as many reads as processes

  void changing(const std::string& what) { may_fail(what, true); }
  void reads(const std::string& what) { may_fail(what, false); }
  void may_fail(const std::string& what, bool change) {
    const auto number = ++operations_;
    trace_.push_back(what);
    // A full disk refuses only what needs space; a broken one refuses anything.
    const bool concerned = fail_errno != ENOSPC || (change && needs_space(what));
    const bool now = number == fail_at || (fail_for_good && number > fail_at);
    if (now && concerned) throw_file_error(fail_errno, "fail on purpose: " + what);
  }
  static bool needs_space(const std::string& what) {
    for (const char* verb : {"create", "mkdir", "symlink", "allocate"}) {
      if (what.starts_with(verb)) return true;
    }
    return false;
  }

  long operations_ = 0;
  std::vector<std::string> trace_;
};

}  // namespace roost::store
