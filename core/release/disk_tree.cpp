#include "core/release/disk_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "core/base/error.hpp"
#include "core/base/fd.hpp"

namespace roost::release {
namespace {

using What = Mismatch::What;

struct Found {
  std::string path;
  mode_t mode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime = 0;
  std::string target;
};

struct CloseDir {
  void operator()(DIR* dir) const noexcept { closedir(dir); }
};

class Lister {
 public:
  Lister(const std::string& shown, const VerifyOptions& options)
      : shown_(shown), options_(options) {}

  void directory(UniqueFd fd, const std::string& prefix) {
    const std::unique_ptr<DIR, CloseDir> dir(fdopendir(fd.get()));
    if (!dir) throw_errno("read directory '" + shown_ + "/" + prefix + "'");
    fd.release();
    for (;;) {
      if (options_.stop.stop_requested()) throw Error(Errc::interrupted, "verify: interrupted");
      errno = 0;
      const dirent* item = readdir(dir.get());
      if (item == nullptr) {
        if (errno != 0) throw_errno("read directory '" + shown_ + "/" + prefix + "'");
        return;
      }
      const std::string_view name = item->d_name;
      if (name == "." || name == "..") continue;
      if (prefix.empty() && name == options_.ignore) continue;
      add(dirfd(dir.get()), prefix, item->d_name);
    }
  }

  std::vector<Found> sorted() {
    std::sort(found_.begin(), found_.end(),
              [](const Found& a, const Found& b) { return a.path < b.path; });
    return std::move(found_);
  }

 private:
  void add(int dir, const std::string& prefix, const char* name) {
    struct stat info;
    if (fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) != 0) return;  // gone: it is missing
    Found found{prefix + name,
                info.st_mode,
                static_cast<std::uint64_t>(info.st_size),
                info.st_mtim.tv_sec,
                {}};
    if (S_ISLNK(info.st_mode)) {
      std::array<char, 4097> buffer;
      const ssize_t length = readlinkat(dir, name, buffer.data(), buffer.size());
      if (length > 0) found.target.assign(buffer.data(), static_cast<std::size_t>(length));
    }
    const std::string below = found.path + "/";
    found_.push_back(std::move(found));
    if (!S_ISDIR(info.st_mode)) return;
    UniqueFd fd(openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) throw_errno("open directory '" + shown_ + "/" + below + "'");
    directory(std::move(fd), below);
  }

  const std::string& shown_;
  const VerifyOptions& options_;
  std::vector<Found> found_;
};

std::string_view type_of(mode_t mode) {
  if (S_ISREG(mode)) return "a file";
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISLNK(mode)) return "a link";
  return "a special file";
}

std::string_view type_of(Kind kind) {
  if (kind == Kind::directory) return "a directory";
  return kind == Kind::symlink ? "a link" : "a file";
}

// True when the contents can be compared.
bool compare(const Entry& entry, const Found& found, bool mtimes, std::vector<Mismatch>& out) {
  const std::string& path = entry.path.str();
  const auto note = [&](What what, std::string detail) {
    out.push_back({path, what, std::move(detail)});
  };
  if (type_of(entry.kind) != type_of(found.mode)) {
    note(What::type, fmt::format("is {}, should be {}", type_of(found.mode), type_of(entry.kind)));
    return false;
  }
  if (entry.kind == Kind::symlink && entry.target != found.target) {
    note(What::target,
         fmt::format("points to '{}', should point to '{}'", found.target, entry.target));
  }
  if (entry.is_file()) {
    const bool executable = (found.mode & S_IXUSR) != 0;
    if (executable != (entry.kind == Kind::executable)) {
      note(What::mode, executable ? "is executable, should not be" : "should be executable");
    } else if ((found.mode & (S_ISUID | S_ISGID)) != 0) {
      note(What::mode, "is setuid or setgid");
    }
    if (entry.size != found.size) {
      note(What::size, fmt::format("is {} bytes, should be {}", found.size, entry.size));
    }
  }
  if (mtimes && entry.kind != Kind::directory && entry.mtime != found.mtime) {
    note(What::mtime, fmt::format("was modified at {}, should be {}", found.mtime, entry.mtime));
  }
  return entry.is_file() && entry.size == found.size;
}

}  // namespace

std::vector<Mismatch> compare_entries(int dir, const std::string& shown, const Index& index,
                                      const VerifyOptions& options, std::vector<bool>& readable) {
  UniqueFd top(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!top) throw_errno("read directory '" + shown + "'");
  Lister lister(shown, options);
  lister.directory(std::move(top), "");
  const std::vector<Found> found = lister.sorted();
  std::vector<Mismatch> out;
  readable.assign(index.entries().size(), false);
  auto on_disk = found.begin();
  for (std::size_t i = 0; i < index.entries().size(); ++i) {
    const Entry& entry = index.entries()[i];
    for (; on_disk != found.end() && on_disk->path < entry.path.str(); ++on_disk) {
      out.push_back({on_disk->path, What::extra, "is not in the release"});
    }
    if (on_disk == found.end() || on_disk->path != entry.path.str()) {
      out.push_back({entry.path.str(), What::missing, "is not there"});
      continue;
    }
    readable[i] = compare(entry, *on_disk++, options.mtimes, out);
  }
  for (; on_disk != found.end(); ++on_disk) {
    out.push_back({on_disk->path, What::extra, "is not in the release"});
  }
  return out;
}

}  // namespace roost::release
