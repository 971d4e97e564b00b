#include "core/base/fs.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

namespace roost {
namespace {

[[noreturn]] void fail(const char* verb, const std::string& object) {
  const int code = errno;  // before the strings below can change it
  throw_file_error(code, std::string(verb) + " " + object);
}

[[noreturn]] void fail_fd(const char* verb, int fd) {
  const int code = errno;
  throw_file_error(code, std::string(verb) + " " + path_of(fd));
}

[[noreturn]] void fail_at(const char* verb, int dir, const std::string& name) {
  const int code = errno;
  throw_file_error(code, std::string(verb) + " " + path_of(dir, name));
}

// Repeats a call that a signal interrupted.
template <class Call>
auto retry(Call&& call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

std::string help_for(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT:
      return "free some space on that file system and try again";
    case EROFS:
      return "that file system is mounted read-only: remount it, or choose another directory";
    case EACCES:
    case EPERM:
      return "check the owner and permissions of that path, and which user this runs as";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (ulimit -n)";
    default:
      return {};
  }
}

}  // namespace

void throw_file_error(int code, const std::string& what) {
  try {
    throw_errno(code, what);
  } catch (const Error& error) {
    throw Error(error.code(), error.what(), help_for(code));
  }
}

std::string path_of(int fd) {
  std::array<char, 4096> target;
  const auto link = "/proc/self/fd/" + std::to_string(fd);
  const auto length = ::readlink(link.c_str(), target.data(), target.size());
  return length < 0 ? "descriptor " + std::to_string(fd)
                    : std::string(target.data(), static_cast<std::size_t>(length));
}

std::string path_of(int dir, const std::string& name) {
  return path_of(dir) + "/" + name;
}

UniqueFd Fs::open_path(const std::string& path, int flags) {
  const int fd = retry([&] { return ::open(path.c_str(), flags | O_CLOEXEC); });
  if (fd < 0) fail("open", path);
  return UniqueFd(fd);
}

bool Fs::make_path(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) return true;
  if (errno != EEXIST) fail("create directory", path);
  return false;
}

UniqueFd Fs::open(int dir, const std::string& path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  const auto fd =
      retry([&] { return ::syscall(SYS_openat2, dir, path.c_str(), &how, sizeof how); });
  if (fd < 0) fail_at((flags & O_CREAT) != 0 ? "create" : "open", dir, path);
  return UniqueFd(static_cast<int>(fd));
}

void Fs::make_dir(int dir, const std::string& name, mode_t mode) {
  if (::mkdirat(dir, name.c_str(), mode) != 0) fail_at("create directory", dir, name);
}

void Fs::symlink(const std::string& target, int dir, const std::string& name) {
  if (::symlinkat(target.c_str(), dir, name.c_str()) != 0) fail_at("create link", dir, name);
}

void Fs::link(int from_dir, const std::string& from, int to_dir, const std::string& to) {
  if (::linkat(from_dir, from.c_str(), to_dir, to.c_str(), 0) != 0) fail_at("link", to_dir, to);
}

void Fs::rename(int from_dir, const std::string& from, int to_dir, const std::string& to,
                unsigned flags) {
  if (::renameat2(from_dir, from.c_str(), to_dir, to.c_str(), flags) != 0) {
    const int code = errno;
    throw_file_error(code, "rename " + path_of(from_dir, from) + " to " + path_of(to_dir, to));
  }
}

void Fs::unlink(int dir, const std::string& name) {
  if (::unlinkat(dir, name.c_str(), 0) != 0) fail_at("remove", dir, name);
}

void Fs::remove_dir(int dir, const std::string& name) {
  if (::unlinkat(dir, name.c_str(), AT_REMOVEDIR) != 0) fail_at("remove directory", dir, name);
}

void Fs::write(int fd, BytesView bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const auto done =
        retry([&] { return ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
    if (done == 0) errno = EIO;  // a device that takes nothing would loop for ever
    if (done <= 0) fail_fd("write", fd);
    bytes = bytes.subspan(static_cast<std::size_t>(done));
    offset += static_cast<std::uint64_t>(done);
  }
}

std::size_t Fs::read(int fd, std::span<std::uint8_t> out, std::uint64_t offset) {
  std::size_t total = 0;
  while (total < out.size()) {
    const auto done = retry([&] {
      return ::pread(fd, out.data() + total, out.size() - total,
                     static_cast<off_t>(offset + total));
    });
    if (done < 0) fail_fd("read", fd);
    if (done == 0) break;
    total += static_cast<std::size_t>(done);
  }
  return total;
}

void Fs::truncate(int fd, std::uint64_t size) {
  if (retry([&] { return ::ftruncate(fd, static_cast<off_t>(size)); }) != 0) fail_fd("resize", fd);
}

void Fs::allocate(int fd, std::uint64_t size) {
  if (size == 0) return truncate(fd, 0);
  if (retry([&] { return ::fallocate(fd, 0, 0, static_cast<off_t>(size)); }) == 0) return;
  if (errno != EOPNOTSUPP && errno != ENOSYS) fail_fd("reserve space for", fd);
  truncate(fd, size);
}

void Fs::chmod(int fd, mode_t mode) {
  if (::fchmod(fd, mode) != 0) fail_fd("change mode of", fd);
}

void Fs::set_mtime(int fd, std::int64_t seconds) {
  const std::array<timespec, 2> times{timespec{0, UTIME_OMIT}, timespec{seconds, 0}};
  if (::futimens(fd, times.data()) != 0) fail_fd("set time of", fd);
}

void Fs::set_link_mtime(int dir, const std::string& name, std::int64_t seconds) {
  const std::array<timespec, 2> times{timespec{0, UTIME_OMIT}, timespec{seconds, 0}};
  if (::utimensat(dir, name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0) {
    fail_at("set time of", dir, name);
  }
}

void Fs::sync(int fd) {
  if (::fsync(fd) != 0) fail_fd("sync", fd);
}

void Fs::sync_fs(int fd) {
  if (::syncfs(fd) != 0) fail_fd("sync the file system of", fd);
}

void Fs::start_writeback(int fd, std::uint64_t offset, std::uint64_t length) {
  // A hint: what goes wrong in the background is reported by the next sync of the file.
  (void)::sync_file_range(fd, static_cast<off_t>(offset), static_cast<off_t>(length),
                          SYNC_FILE_RANGE_WRITE);
}

struct stat Fs::stat(int fd) {
  struct stat out {};
  if (::fstat(fd, &out) != 0) fail_fd("stat", fd);
  return out;
}

std::optional<struct stat> Fs::stat_at(int dir, const std::string& name) {
  struct stat out {};
  if (::fstatat(dir, name.c_str(), &out, AT_SYMLINK_NOFOLLOW) == 0) return out;
  if (errno != ENOENT) fail_at("stat", dir, name);
  return std::nullopt;
}

std::optional<std::string> Fs::read_link(int dir, const std::string& name) {
  std::array<char, 4096> target;
  const auto length = ::readlinkat(dir, name.c_str(), target.data(), target.size());
  if (length >= 0) return std::string(target.data(), static_cast<std::size_t>(length));
  if (errno != ENOENT) fail_at("read link", dir, name);
  return std::nullopt;
}

std::vector<DirEntry> Fs::list(int dir) {
  static constexpr std::size_t kBuffer = 64 * 1024;
  const auto buffer = std::make_unique<char[]>(kBuffer);
  std::vector<DirEntry> entries;
  if (::lseek(dir, 0, SEEK_SET) < 0) fail_fd("list", dir);
  for (;;) {
    const auto got = ::getdents64(dir, buffer.get(), kBuffer);
    if (got < 0) fail_fd("list", dir);
    if (got == 0) return entries;
    for (ssize_t at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer.get() + at);
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") entries.push_back({std::string(name), entry->d_type});
      at += entry->d_reclen;
    }
  }
}

FsSpace Fs::space(int fd) {
  struct statvfs out {};
  if (::fstatvfs(fd, &out) != 0) fail_fd("read free space of", fd);
  return {out.f_blocks * out.f_frsize, out.f_bavail * out.f_frsize, out.f_files, out.f_favail};
}

bool Fs::try_lock(int fd) {
  if (retry([&] { return ::flock(fd, LOCK_EX | LOCK_NB); }) == 0) return true;
  if (errno != EWOULDBLOCK) fail_fd("lock", fd);
  return false;
}

Fs& real_fs() {
  static Fs fs;
  return fs;
}

}  // namespace roost
