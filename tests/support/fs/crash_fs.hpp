// Does each call on a real directory and writes it down, for a Disk to replay.
//
// Recording begins with record(); what was there then is start(). Descriptors of
// files that are not below that directory are none of its business. A crash needs
// no call of its own: it is a prefix of the log. A Broken one leaves out what a
// careless store would, to prove that a test notices. One thread.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/fs.hpp"
#include "tests/support/fs/disk_model.hpp"

namespace roost::test {

enum class Broken {
  no,
  files,         // fsync of files does nothing
  directories,   // fsync of directories does nothing
  file_systems,  // syncfs does nothing
  all,           // none of them does
  replacing,     // a rename over another name first removes that, as unlink + symlink does
};

class CrashFs : public Fs {
 public:
  explicit CrashFs(Broken broken = Broken::no) : broken_(broken) {}

  void record(const std::filesystem::path& top);
  const Disk& start() const noexcept { return start_; }
  const std::vector<Op>& log() const noexcept { return log_; }

  bool make_path(const std::string& path, mode_t mode) override;
  UniqueFd open(int dir, const std::string& path, int flags, mode_t mode) override;
  void make_dir(int dir, const std::string& name, mode_t mode) override;
  void symlink(const std::string& target, int dir, const std::string& name) override;
  void link(int from_dir, const std::string& from, int to_dir, const std::string& to) override;
  void rename(int from_dir, const std::string& from, int to_dir, const std::string& to,
              unsigned flags) override;
  void unlink(int dir, const std::string& name) override;
  void remove_dir(int dir, const std::string& name) override;
  void write(int fd, BytesView bytes, std::uint64_t offset) override;
  void truncate(int fd, std::uint64_t size) override;
  void allocate(int fd, std::uint64_t size) override;
  void chmod(int fd, mode_t mode) override;
  void set_mtime(int fd, std::int64_t seconds) override;
  void set_link_mtime(int dir, const std::string& name, std::int64_t seconds) override;
  void sync(int fd) override;
  void sync_fs(int fd) override;

 private:
  std::optional<InodeId> id_of(const struct stat& found) const;
  std::optional<InodeId> id_of(int fd);
  void added(int dir, const std::string& name, const std::string& target = {});
  std::optional<Op> removal_of(int dir, const std::string& name);
  void resized(int fd);

  Broken broken_;
  bool recording_ = false;
  Disk start_;
  std::vector<Op> log_;
  std::map<ino_t, InodeId> ids_;  // a number that is free may be taken again by another inode
  InodeId next_ = 0;
};

}  // namespace roost::test
