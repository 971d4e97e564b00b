#include "bench/fanout/disk.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/base/units.hpp"

namespace roost::bench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = "roost-bench-";
constexpr const char* kLock = "lock";
constexpr const char* kRun = "run";
constexpr long kXfsMagic = 0x58465342;  // linux/magic.h has it since 5.x only in part

fs::path made_below(const fs::path& parent) {
  std::string name = (fs::absolute(parent) / (std::string(kPrefix) + "XXXXXX")).string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw_errno("make a directory in " + parent.string());
  }
  // Daemons of rivals that leave root look at files in it.
  fs::permissions(name, fs::perms(0755));
  return name;
}

UniqueFd locked(const fs::path& directory) {
  UniqueFd file(::open((directory / kLock).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return UniqueFd();
  return file;
}

struct statfs file_system(const fs::path& directory) {
  struct statfs result {};
  if (::statfs(directory.c_str(), &result) != 0) throw_errno("look at " + directory.string());
  return result;
}

}  // namespace

void remove_tree(const fs::path& directory) noexcept {
  std::error_code ignored;  // what stays unremovable is reported below
  for (auto it = fs::recursive_directory_iterator(directory, ignored);
       it != fs::recursive_directory_iterator(); it.increment(ignored)) {
    if (!it->is_directory(ignored) || it->is_symlink(ignored)) continue;
    fs::permissions(it->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
  }
  std::error_code error;
  fs::remove_all(directory, error);
  if (error) log::warn("remove {}: {}", directory.string(), error.message());
}

void unmount(const fs::path& directory) noexcept {
  ::umount2(directory.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
}

ScratchDir::ScratchDir(fs::path path) : path_(std::move(path)) {
  fs::create_directories(path_);
}

WorkDir::WorkDir(const fs::path& parent) : directory_(made_below(parent)), lock_(locked(path())) {
  if (!lock_) throw Error(Errc::failed, "lock " + (path() / kLock).string() + ": it is locked");
}

fs::path WorkDir::run() const {
  return path() / kRun;
}

std::vector<std::string> clean_work_dirs(const std::vector<fs::path>& parents) {
  std::vector<std::string> removed;
  for (const auto& parent : parents) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(parent, ignored)) {
      const auto name = entry.path().filename().string();
      if (!name.starts_with(kPrefix) || !fs::exists(entry.path() / kLock)) continue;
      const auto lock = locked(entry.path());
      if (!lock) continue;  // its benchmark lives
      unmount(entry.path() / kRun);
      remove_tree(entry.path());
      removed.push_back(entry.path().string());
    }
  }
  return removed;
}

void require_space(const fs::path& directory, std::uint64_t bytes) {
  const auto space = fs::space(directory);
  // Nodes refuse to fill a disk to its last 3 %.
  const auto reserve = space.capacity / 32 + (256U << 20);
  if (space.available >= bytes + reserve) return;
  throw Error(Errc::no_space,
              fmt::format("use {}: {} are free, {} are needed", directory.string(),
                          format_size(space.available), format_size(bytes + reserve)),
              "give another place with --dir, fewer --nodes or a smaller --size");
}

void write_out(const fs::path& directory) {
  const UniqueFd place(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!place || ::syncfs(place.get()) != 0) throw_errno("sync " + directory.string());
}

std::string file_system_of(const fs::path& directory) {
  const auto type = static_cast<long>(file_system(directory).f_type);
  if (type == EXT4_SUPER_MAGIC) return "ext4";
  if (type == TMPFS_MAGIC) return "tmpfs";
  if (type == kXfsMagic) return "xfs";
  if (type == BTRFS_SUPER_MAGIC) return "btrfs";
  return fmt::format("{:#x}", type);
}

}  // namespace roost::bench
