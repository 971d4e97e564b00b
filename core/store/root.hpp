// A node's root directory (`--root DIR`), and one followed name inside it.
//
// A Root that was opened for writing holds the lock for its life: there is one
// writer a root. inspect() takes no lock and changes nothing; what it sees may
// be a moment old. Errors: Errc::conflict naming the pid of the holder, usage for
// what is no directory or no root, a newer format refused by name. All methods are
// const and thread-safe; work on one App belongs to one thread at a time.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/fs.hpp"
#include "core/release/names.hpp"

namespace roost::store {

class Root {
 public:
  // Opens DIR, made if its parent exists, and takes the lock. Does not recover: call recover().
  static Root open(const std::filesystem::path& path, Fs& fs = real_fs());

  // For reading beside a running daemon. Errc::not_found when there is no root.
  static Root inspect(const std::filesystem::path& path, Fs& fs = real_fs());

  const std::filesystem::path& path() const noexcept { return path_; }
  const std::string& node_id() const noexcept { return node_id_; }  // 32 hexadecimal digits
  Fs& fs() const noexcept { return *fs_; }
  int dir() const noexcept { return dir_.get(); }
  bool locked() const noexcept { return static_cast<bool>(lock_); }

  std::vector<release::Name> names() const;  // what lies under apps/, sorted

 private:
  Root(std::filesystem::path path, Fs& fs) : path_(std::move(path)), fs_(&fs) {}
  void take_lock();
  void check_format(bool create);
  void load_node_id(bool create);

  std::filesystem::path path_;
  Fs* fs_;
  UniqueFd dir_;
  UniqueFd lock_;
  std::string node_id_;
};

// The open directories of apps/NAME. Refers to its Root, which must outlive it.
class App {
 public:
  // Makes what is missing, the preallocated transaction file included, durably.
  static App open(const Root& root, const release::Name& name);

  // Nothing when NAME isn't on this root.
  static std::optional<App> find(const Root& root, const release::Name& name);

  const Root& root() const noexcept { return *root_; }
  const release::Name& name() const noexcept { return name_; }
  Fs& fs() const noexcept { return root_->fs(); }
  int dir() const noexcept { return dir_.get(); }
  int releases() const noexcept { return releases_.get(); }
  int incoming() const noexcept { return incoming_.get(); }
  int trash() const noexcept { return trash_.get(); }
  std::filesystem::path path() const;                                // DIR/apps/NAME
  std::filesystem::path release_path(const std::string& dir) const;  // .../releases/<dir>

  // The release directory's name that `current` or `.rollback` points to.
  std::optional<std::string> current() const;
  std::optional<std::string> rollback_target() const;

 private:
  App(const Root& root, release::Name name) : root_(&root), name_(std::move(name)) {}
  std::optional<std::string> target_of(const char* link) const;
  void open_dirs();

  const Root* root_;
  release::Name name_;
  UniqueFd dir_, releases_, incoming_, trash_;
};

}  // namespace roost::store
