#include "core/release/scan.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "core/base/error.hpp"
#include "core/release/refusals.hpp"

namespace roost::release {
namespace {

struct CloseDir {
  void operator()(DIR* dir) const noexcept { closedir(dir); }
};

class Scanner {
 public:
  Scanner(const ScanOptions& options, Tree& tree) : options_(options), tree_(tree) {}

  // Takes fd over. prefix is "" at the top, else ends in '/'.
  void directory(UniqueFd fd, const std::string& prefix, std::size_t depth) {
    const std::unique_ptr<DIR, CloseDir> dir(fdopendir(fd.get()));
    if (!dir) throw_errno("read directory '" + shown(prefix) + "'");
    fd.release();
    for (;;) {
      if (options_.stop.stop_requested()) throw Error(Errc::interrupted, "scan tree: interrupted");
      errno = 0;
      const dirent* found = readdir(dir.get());
      if (found == nullptr) {
        if (errno != 0) throw_errno("read directory '" + shown(prefix) + "'");
        return;
      }
      const std::string_view name = found->d_name;
      if (name != "." && name != "..") entry(dirfd(dir.get()), prefix, found->d_name, depth);
    }
  }

  const Refusals& refusals() const noexcept { return refusals_; }

 private:
  std::string shown(const std::string& prefix) const { return tree_.root + "/" + prefix; }

  void entry(int dir, const std::string& prefix, const char* name, std::size_t depth) {
    const std::string text = prefix + name;
    if (excluded(text, name)) {
      ++tree_.excluded;
      return;
    }
    if (const auto why = RelPath::why_not(text)) return refusals_.add(text, *why);
    if (text == ".roost") return refusals_.add(text, "reserved for Roost at the top of a tree");
    if (depth > kMaxDepth) return refusals_.add(text, "more than 128 levels deep");
    if (tree_.entries.size() >= kMaxEntries) {
      throw Error(Errc::usage, "scan tree '" + tree_.root + "': more than 16,777,216 entries");
    }
    struct stat info;
    if (fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
      return refusals_.add(text, "changed while the tree was scanned");
    }
    add(dir, name, Entry{RelPath::parse(text), Kind::file, 0, info.st_mtim.tv_sec, {}}, info,
        depth);
  }

  void add(int dir, const char* name, Entry entry, const struct stat& info, std::size_t depth) {
    const std::string& path = entry.path.str();
    if (entry.mtime < -kMaxMtime || entry.mtime > kMaxMtime) {
      return refusals_.add(path, "has a modification time out of bounds");
    }
    if (S_ISREG(info.st_mode)) {
      if ((info.st_mode & (S_ISUID | S_ISGID)) != 0) {
        return refusals_.add(path, (info.st_mode & S_ISUID) != 0 ? "is setuid" : "is setgid");
      }
      entry.kind = (info.st_mode & S_IXUSR) != 0 ? Kind::executable : Kind::file;
      entry.size = static_cast<std::uint64_t>(info.st_size);
      if (entry.size > kMaxTreeBytes || tree_.bytes + entry.size > kMaxTreeBytes) {
        return refusals_.add(path, "makes the tree larger than 4 PiB");
      }
      tree_.bytes += entry.size;
      ++tree_.files;
    } else if (S_ISDIR(info.st_mode)) {
      entry.kind = Kind::directory;
      UniqueFd fd(openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!fd) throw_errno("open directory '" + shown(path) + "'");
      const std::string below = path + "/";
      tree_.entries.push_back(std::move(entry));
      return directory(std::move(fd), below, depth + 1);
    } else if (S_ISLNK(info.st_mode)) {
      entry.kind = Kind::symlink;
      if (!link(dir, name, entry)) return;
    } else {
      return refusals_.add(path, special(info.st_mode));
    }
    tree_.entries.push_back(std::move(entry));
  }

  // Reads the target; false when the link is refused or left out.
  bool link(int dir, const char* name, Entry& entry) {
    const std::string& path = entry.path.str();
    std::array<char, kMaxTargetBytes + 1> buffer;
    const ssize_t length = readlinkat(dir, name, buffer.data(), buffer.size());
    if (length <= 0 || static_cast<std::size_t>(length) > kMaxTargetBytes) {
      refusals_.add(path, "is a link that can't be read");
      return false;
    }
    entry.target.assign(buffer.data(), static_cast<std::size_t>(length));
    if (!is_utf8(entry.target)) {
      refusals_.add(path, "is a link whose target is not valid UTF-8");
      return false;
    }
    if (options_.external_links == ExternalLinks::keep || !leaves_tree(entry.path, entry.target)) {
      return true;
    }
    if (options_.external_links == ExternalLinks::omit) {
      ++tree_.omitted;
    } else {
      refusals_.add(path, "is a link that leaves the tree, to '" + entry.target + "'", true);
    }
    return false;
  }

  static std::string special(mode_t mode) {
    if (S_ISFIFO(mode)) return "is a fifo";
    if (S_ISSOCK(mode)) return "is a socket";
    if (S_ISBLK(mode)) return "is a block device";
    if (S_ISCHR(mode)) return "is a character device";
    return "is of an unknown type";
  }

  bool excluded(const std::string& path, const char* name) const {
    return std::any_of(
        options_.excludes.begin(), options_.excludes.end(), [&](const std::string& pattern) {
          const bool whole = pattern.find('/') != std::string::npos;
          const char* const subject = whole ? path.c_str() : name;
          const char* const glob = pattern.c_str() + (whole && pattern.front() == '/' ? 1 : 0);
          return fnmatch(glob, subject, whole ? FNM_PATHNAME : 0) == 0;
        });
  }

  const ScanOptions& options_;
  Tree& tree_;
  Refusals refusals_;
};

}  // namespace

ExternalLinks parse_external_links(std::string_view text) {
  if (text == "refuse") return ExternalLinks::refuse;
  if (text == "keep") return ExternalLinks::keep;
  if (text == "omit") return ExternalLinks::omit;
  throw Error(Errc::usage, "parse external links '" + std::string(text) + "': unknown word",
              "one of refuse, keep, omit");
}

bool leaves_tree(const RelPath& link, std::string_view target) noexcept {
  if (target.empty() || target.front() == '/') return true;
  const std::string& path = link.str();
  auto depth = std::count(path.begin(), path.end(), '/');
  while (!target.empty()) {
    const auto slash = std::min(target.find('/'), target.size());
    const auto component = target.substr(0, slash);
    target.remove_prefix(std::min(slash + 1, target.size()));
    if (component.empty() || component == ".") continue;
    if (component == "..") {
      if (--depth < 0) return true;
    } else {
      ++depth;
    }
  }
  return false;
}

Tree scan_tree(const std::string& path, const ScanOptions& options) {
  Tree tree;
  tree.root = path;
  while (tree.root.size() > 1 && tree.root.back() == '/') tree.root.pop_back();
  // The top itself may be a link: the caller named it.
  tree.root_fd = UniqueFd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!tree.root_fd) {
    if (errno == ENOTDIR) {
      throw Error(Errc::usage, "scan tree '" + path + "': not a directory",
                  "a release is made of a directory");
    }
    throw_errno("scan tree '" + path + "'");
  }
  UniqueFd top(openat(tree.root_fd.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!top) throw_errno("scan tree '" + path + "'");
  Scanner scanner(options, tree);
  scanner.directory(std::move(top), "", 1);
  scanner.refusals().throw_if_any("publish '" + tree.root + "'");
  std::sort(tree.entries.begin(), tree.entries.end(),
            [](const Entry& a, const Entry& b) { return a.path < b.path; });
  return tree;
}

}  // namespace roost::release
