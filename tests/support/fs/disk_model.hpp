// A disk in memory, and every state that a power cut may leave it in.
//
// A name belongs to a directory, bytes and mode belong to an inode; a rename
// changes two names as one. An operation is kept for sure once each directory or
// inode that it changed was synced after it, or the whole file system was: what
// POSIX promises and no more. Any other may be lost while later ones are kept.
// Of times only those that were set are known, in seconds. One thread; only load()
// and materialise() touch files.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace roost::test {

using InodeId = std::uint32_t;

struct Op {
  enum class Kind : std::uint8_t { add, remove, move, write, resize, chmod, touch, sync, sync_all };

  Kind kind;
  InodeId inode = 0;  // added, moved, written to, synced ...
  InodeId dir = 0;    // of `name`: add, remove, move
  std::string name = {};
  InodeId to_dir = 0;  // move
  std::string to_name = {};
  mode_t mode = 0;           // add: with the type; chmod
  std::int64_t mtime = 0;    // touch
  std::uint64_t offset = 0;  // write; the size that resize gives
  std::string bytes = {};    // write; the target of a link that is added
};

class Disk {
 public:
  static constexpr InodeId kTop = 0;

  Disk();  // an empty directory
  // What lies below top; `ids` gets the number of each inode by the real one.
  static Disk load(const std::filesystem::path& top, std::map<ino_t, InodeId>& ids);

  void apply(const Op& op);
  void lose(const Op& op);  // the inode it makes exists, without a name

  std::size_t inodes() const noexcept { return inodes_.size(); }
  std::uint64_t hash() const;  // of all that a walk from the top can see

  // "a/b/c" from the top; links are not followed.
  std::optional<InodeId> find(std::string_view path) const;
  const std::string& bytes(InodeId inode) const;
  std::set<InodeId> tree(InodeId inode) const;  // it and all below it

  void materialise(const std::filesystem::path& empty_directory) const;

 private:
  struct Inode {
    mode_t mode = 0;
    std::string bytes;  // of a file; the target of a link
    std::map<std::string, InodeId> names;
    std::optional<std::int64_t> mtime;
    InodeId parent = kTop;  // a directory's only name, for a directory has no two
    std::string name;
    mutable std::uint64_t hash_of_bytes = 0;  // 0: not known
  };
  Inode& edit(InodeId id);
  void make(const Op& op);
  void place(InodeId id, InodeId dir, const std::string& name);
  std::uint64_t hash(InodeId id) const;
  void write_out(InodeId id, const std::filesystem::path& path) const;
  InodeId load_entry(const std::filesystem::path& path, std::map<ino_t, InodeId>& ids);

  std::vector<std::shared_ptr<Inode>> inodes_;  // shared between copies until one changes
};

// Follows a log of operations and says what each crash could leave.
class PowerCuts {
 public:
  struct Policy {
    std::size_t all_subsets_up_to = 8;  // of operations that are not synced
    bool pairs = true;                  // beyond: every prefix, each one left out, each pair
  };
  using Visit = std::function<void(const Disk&)>;

  PowerCuts(Disk start, Policy policy) : base_(std::move(start)), policy_(policy) {}

  void happened(const Op& op);

  // Every state that the disk may be in if the power fails now; the same one may come twice. The
  // last write is also torn: only its first sector came, or all but that, or its blocks are zeros.
  void for_each(const Visit& visit) const;

 private:
  struct Recent {
    Op op;
    std::set<InodeId> waits_for;  // syncs that it needs; empty: kept for sure
  };
  using Lost = std::vector<bool>;  // by index into recent_
  void emit(const Lost& lost, const Visit& visit) const;
  Disk replay(const Lost& lost, std::size_t replaced, const Op* by) const;

  Disk base_;                   // with all before the first operation that could be lost
  std::vector<Recent> recent_;  // that one and all after it
  Policy policy_;
};

}  // namespace roost::test
