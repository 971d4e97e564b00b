// The one seam between Roost and the file system: thin virtual methods over
// Linux system calls. What must survive a crash goes only through an Fs, so that
// a test can count, fail, record or lose every operation by deriving from it.
//
// Names are relative to an open directory and never leave it: open() resolves
// beneath `dir` with no symbolic links and no other mounts (openat2(2)); every
// other method takes a single component. All throw Error "verb object: cause"
// with the full path of the object; ENOSPC and EDQUOT become Errc::no_space.
// Thread-safe, as the calls are.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"
#include "core/base/fd.hpp"

namespace roost {

struct DirEntry {
  std::string name;
  unsigned char type = 0;  // DT_DIR, DT_REG, DT_LNK ... as in readdir(3)
};

struct FsSpace {
  std::uint64_t total = 0;   // bytes of the file system
  std::uint64_t free = 0;    // bytes that this user may still take
  std::uint64_t inodes = 0;  // 0 where the file system has no fixed number (btrfs)
  std::uint64_t inodes_free = 0;
};

class Fs {
 public:
  virtual ~Fs() = default;

  // A path that the operator named; links and mounts in it are his. O_CLOEXEC is added, here and
  // in open().
  virtual UniqueFd open_path(const std::string& path, int flags);
  // Creates one directory by such a path; false when something is there already.
  virtual bool make_path(const std::string& path, mode_t mode);

  virtual UniqueFd open(int dir, const std::string& path, int flags, mode_t mode = 0);
  virtual void make_dir(int dir, const std::string& name, mode_t mode);
  virtual void symlink(const std::string& target, int dir, const std::string& name);
  virtual void link(int from_dir, const std::string& from, int to_dir, const std::string& to);
  virtual void rename(int from_dir, const std::string& from, int to_dir, const std::string& to,
                      unsigned flags = 0);  // as renameat2(2), e.g. RENAME_NOREPLACE
  virtual void unlink(int dir, const std::string& name);
  virtual void remove_dir(int dir, const std::string& name);

  virtual void write(int fd, BytesView bytes, std::uint64_t offset);  // all of them
  virtual std::size_t read(int fd, std::span<std::uint8_t> out,
                           std::uint64_t offset);  // short only at the end of the file
  virtual void truncate(int fd, std::uint64_t size);
  // Reserves blocks and sets the size; where the file system can't reserve, only the size.
  virtual void allocate(int fd, std::uint64_t size);
  virtual void chmod(int fd, mode_t mode);
  virtual void set_mtime(int fd, std::int64_t seconds);
  virtual void set_link_mtime(int dir, const std::string& name, std::int64_t seconds);

  virtual void sync(int fd);     // fsync: file or directory
  virtual void sync_fs(int fd);  // syncfs: reports errors since fd was opened
  virtual void start_writeback(int fd, std::uint64_t offset, std::uint64_t length);

  virtual struct stat stat(int fd);
  // These two give nothing when the name doesn't exist. Links are not followed.
  virtual std::optional<struct stat> stat_at(int dir, const std::string& name);
  virtual std::optional<std::string> read_link(int dir, const std::string& name);
  virtual std::vector<DirEntry> list(int dir);  // without . and ..
  virtual FsSpace space(int fd);

  // flock(LOCK_EX): false when somebody else holds it. Ends with the last copy of fd.
  virtual bool try_lock(int fd);
};

Fs& real_fs();

// Throws the Error of a failed operation on a file: like throw_errno, with help for a full disk, a
// read-only file system, missing permission and too many open files.
[[noreturn]] void throw_file_error(int code, const std::string& what);

// "DIR/NAME" of an open directory, for messages.
std::string path_of(int fd);
std::string path_of(int dir, const std::string& name);

}  // namespace roost
