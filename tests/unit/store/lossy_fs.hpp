// A file system with a power cut: whatever was not synced can be taken back.
//
// Every change is made for real and remembered with how to take it back and what
// must be synced to keep it: a file's bytes, size and mode need a sync of the file;
// a name needs a sync of its directory (a rename of both), as POSIX promises and no
// more. power_cut() then takes back what was not kept, newest first.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "core/store/files.hpp"
#include "tests/unit/store/faulty_fs.hpp"

namespace roost::store {

enum class Loss {
  nothing,  // a process died, the kernel lives
  data,     // names and modes were kept, the bytes of files were not
  all,      // everything that was not synced
};

class LossyFs : public FaultyFs {
 public:
  // The graveyard keeps what is removed or replaced; on the same file system.
  explicit LossyFs(const std::string& graveyard)
      : graveyard_(Fs::open_path(graveyard, O_RDONLY | O_DIRECTORY)) {}

  void power_cut(Loss loss) {
    for (auto change = log_.rbegin(); change != log_.rend(); ++change) {
      const bool lost = loss == Loss::all || (loss == Loss::data && change->is_data);
      if (lost) change->take_back();
    }
    log_.clear();
  }

  UniqueFd open(int dir, const std::string& path, int flags, mode_t mode) override {
    const bool creates = (flags & O_CREAT) != 0 && !Fs::stat_at(dir, path);
    if ((flags & O_TRUNC) != 0 && !creates) {
      auto fd = FaultyFs::open(dir, path, flags & ~O_TRUNC, mode);
      truncate(fd.get(), 0);
      return fd;
    }
    auto fd = FaultyFs::open(dir, path, flags, mode);
    if (creates) {
      const auto at = handle(dir);
      remember({key(dir)}, [at, path] { ::unlinkat(at->get(), path.c_str(), 0); });
    }
    return fd;
  }
  void make_dir(int dir, const std::string& name, mode_t mode) override {
    FaultyFs::make_dir(dir, name, mode);
    const auto at = handle(dir);
    remember({key(dir)}, [at, name] { remove_tree(real_fs(), at->get(), name); });
  }
  void symlink(const std::string& target, int dir, const std::string& name) override {
    FaultyFs::symlink(target, dir, name);
    const auto at = handle(dir);
    remember({key(dir)}, [at, name] { ::unlinkat(at->get(), name.c_str(), 0); });
  }
  void rename(int from_dir, const std::string& from, int to_dir, const std::string& to,
              unsigned flags) override {
    const auto grave = died_before_next() ? std::string() : bury(to_dir, to);
    FaultyFs::rename(from_dir, from, to_dir, to, flags);
    const auto source = handle(from_dir), target = handle(to_dir);
    remember({key(from_dir), key(to_dir)}, [this, source, from, target, to, grave] {
      ::renameat(target->get(), to.c_str(), source->get(), from.c_str());
      unbury(grave, target->get(), to);
    });
  }
  void unlink(int dir, const std::string& name) override {
    const auto grave = died_before_next() ? std::string() : bury(dir, name);
    FaultyFs::unlink(dir, name);
    const auto at = handle(dir);
    remember({key(dir)}, [this, at, name, grave] { unbury(grave, at->get(), name); });
  }
  void remove_dir(int dir, const std::string& name) override {
    FaultyFs::remove_dir(dir, name);
    const auto at = handle(dir);
    remember({key(dir)}, [at, name] { ::mkdirat(at->get(), name.c_str(), 0555); });
  }
  void write(int fd, BytesView bytes, std::uint64_t offset) override {
    const auto take_back = died_before_next() ? nullptr : content(fd, offset, bytes.size());
    FaultyFs::write(fd, bytes, offset);
    remember({key(fd)}, take_back, true);
  }
  void truncate(int fd, std::uint64_t size) override {
    const auto old = static_cast<std::uint64_t>(Fs::stat(fd).st_size);
    const auto take_back = content(fd, size, old > size ? old - size : 0);
    FaultyFs::truncate(fd, size);
    remember({key(fd)}, take_back, true);
  }
  void chmod(int fd, mode_t mode) override {
    const auto old = Fs::stat(fd).st_mode & 07777;
    FaultyFs::chmod(fd, mode);
    const auto at = handle(fd);
    remember({key(fd)}, [at, old] { ::fchmod(at->get(), old); });
  }

 protected:
  void synced(int fd) override {
    const auto inode = key(fd);
    for (auto change = log_.begin(); change != log_.end();) {
      change->waits_for.erase(inode);
      change = change->waits_for.empty() ? log_.erase(change) : std::next(change);
    }
  }
  void synced_all() override { log_.clear(); }

 private:
  using Key = std::pair<dev_t, ino_t>;
  struct Change {
    std::set<Key> waits_for;
    std::function<void()> take_back;
    bool is_data = false;
  };

  bool died_before_next() const { return changes() + 1 >= die_at; }

  Key key(int fd) {
    const auto found = Fs::stat(fd);
    return {found.st_dev, found.st_ino};
  }
  // A descriptor of our own, since the store closes its; one for each file or directory.
  std::shared_ptr<UniqueFd> handle(int fd) {
    auto& kept = handles_[key(fd)];
    if (!kept) {
      const auto path = "/proc/self/fd/" + std::to_string(fd);
      const bool directory = S_ISDIR(Fs::stat(fd).st_mode);
      kept = std::make_shared<UniqueFd>(directory ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC)
                                                  : ::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    }
    return kept;
  }
  void remember(std::set<Key> waits_for, std::function<void()> take_back, bool is_data = false) {
    log_.push_back({std::move(waits_for), std::move(take_back), is_data});
  }
  // How to bring back the bytes at offset, and the size.
  std::function<void()> content(int fd, std::uint64_t offset, std::size_t length) {
    const auto at = std::make_shared<UniqueFd>(
        ::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDWR | O_CLOEXEC));
    const auto size = Fs::stat(fd).st_size;
    Bytes old(length);
    old.resize(at->get() < 0 ? 0 : Fs::read(at->get(), old, offset));
    const auto own = at->get() < 0 ? handle(fd) : at;
    return [own, offset, size, old = std::move(old)] {
      if (!old.empty()) real_fs().write(own->get(), old, offset);
      if (::ftruncate(own->get(), size) != 0) std::abort();
    };
  }
  std::string bury(int dir, const std::string& name) {
    const auto found = Fs::stat_at(dir, name);
    if (!found || S_ISDIR(found->st_mode)) return {};
    auto grave = std::to_string(++graves_);
    Fs::link(dir, name, graveyard_.get(), grave);
    return grave;
  }
  void unbury(const std::string& grave, int dir, const std::string& name) {
    if (!grave.empty()) {
      ::renameat(graveyard_.get(), grave.c_str(), dir, name.c_str());
    }
  }

  UniqueFd graveyard_;
  std::list<Change> log_;
  std::map<Key, std::shared_ptr<UniqueFd>> handles_;
  long graves_ = 0;
};

}  // namespace roost::store
