#include "tests/support/fs/disk_model.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "core/base/bytes.hpp"
#include "core/base/fs.hpp"

namespace fs = std::filesystem;

namespace roost::test {
namespace {

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL;
  return hash ^ (hash >> 29);
}

std::uint64_t hash_of(std::string_view text) {
  return std::hash<std::string_view>()(text) | 1U;  // never 0
}

bool is_directory(mode_t mode) {
  return S_ISDIR(mode);
}

std::string read_bytes(const fs::path& path, std::size_t size) {
  const auto fd = real_fs().open_path(path.string(), O_RDONLY | O_NOFOLLOW);
  Bytes bytes(size);
  bytes.resize(real_fs().read(fd.get(), bytes, 0));
  return std::string(as_text(bytes));
}

}  // namespace

Disk::Disk() {
  inodes_.push_back(std::make_shared<Inode>());
  inodes_.front()->mode = S_IFDIR | 0755;
}

Disk::Inode& Disk::edit(InodeId id) {
  auto& inode = inodes_.at(id);
  if (inode.use_count() > 1) inode = std::make_shared<Inode>(*inode);
  inode->hash_of_bytes = 0;
  return *inode;
}

void Disk::make(const Op& op) {
  if (op.inode < inodes_.size()) return;  // another name of an inode that is there
  inodes_.push_back(std::make_shared<Inode>());
  inodes_.back()->mode = op.mode;
  inodes_.back()->bytes = op.bytes;
}

void Disk::place(InodeId id, InodeId dir, const std::string& name) {
  if (is_directory(inodes_[id]->mode)) {
    auto& moved = edit(id);
    const auto& old = inodes_[moved.parent]->names;
    const auto found = old.find(moved.name);
    if (found != old.end() && found->second == id) edit(moved.parent).names.erase(moved.name);
    moved.parent = dir;
    moved.name = name;
  }
  edit(dir).names[name] = id;
}

void Disk::apply(const Op& op) {
  switch (op.kind) {
    case Op::Kind::add:
      make(op);
      return place(op.inode, op.dir, op.name);
    case Op::Kind::remove:
      edit(op.dir).names.erase(op.name);
      return;
    case Op::Kind::move:
      edit(op.dir).names.erase(op.name);
      return place(op.inode, op.to_dir, op.to_name);
    case Op::Kind::write: {
      auto& bytes = edit(op.inode).bytes;
      bytes.resize(std::max<std::size_t>(bytes.size(), op.offset + op.bytes.size()));
      bytes.replace(op.offset, op.bytes.size(), op.bytes);
      return;
    }
    case Op::Kind::resize:
      edit(op.inode).bytes.resize(op.offset);
      return;
    case Op::Kind::chmod: {
      auto& mode = edit(op.inode).mode;
      mode = (mode & S_IFMT) | (op.mode & 07777);
      return;
    }
    case Op::Kind::touch:
      edit(op.inode).mtime = op.mtime;
      return;
    case Op::Kind::sync:
    case Op::Kind::sync_all:
      return;
  }
}

void Disk::lose(const Op& op) {
  if (op.kind == Op::Kind::add) make(op);
}

std::uint64_t Disk::hash() const {
  return hash(kTop);
}

std::uint64_t Disk::hash(InodeId id) const {
  const auto& inode = *inodes_[id];
  if (inode.hash_of_bytes == 0) inode.hash_of_bytes = hash_of(inode.bytes);
  auto hash = mix(inode.mode, inode.hash_of_bytes);
  hash = mix(hash, static_cast<std::uint64_t>(inode.mtime.value_or(0)));
  for (const auto& [name, child] : inode.names) {
    hash = mix(mix(hash, hash_of(name)), this->hash(child));
  }
  return hash;
}

std::optional<InodeId> Disk::find(std::string_view path) const {
  auto at = kTop;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto& names = inodes_[at]->names;
    const auto found = names.find(std::string(path.substr(0, slash)));
    if (found == names.end()) return std::nullopt;
    at = found->second;
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return at;
}

const std::string& Disk::bytes(InodeId inode) const {
  return inodes_.at(inode)->bytes;
}

std::set<InodeId> Disk::tree(InodeId inode) const {
  std::set<InodeId> all{inode};
  for (const auto& [name, child] : inodes_.at(inode)->names) all.merge(tree(child));
  return all;
}

InodeId Disk::load_entry(const fs::path& path, std::map<ino_t, InodeId>& ids) {
  const auto parent = real_fs().open_path(path.parent_path().string(), O_RDONLY | O_DIRECTORY);
  const auto name = path.filename().string();
  const auto found = real_fs().stat_at(parent.get(), name).value();
  const auto [known, is_new] = ids.try_emplace(found.st_ino, static_cast<InodeId>(inodes_.size()));
  const auto id = known->second;
  if (!is_new) return id;
  Op op{.kind = Op::Kind::add, .inode = id, .mode = found.st_mode};
  if (S_ISLNK(found.st_mode)) op.bytes = real_fs().read_link(parent.get(), name).value();
  if (S_ISREG(found.st_mode)) op.bytes = read_bytes(path, static_cast<std::size_t>(found.st_size));
  make(op);
  // Only a time that was set has no fraction.
  if (found.st_mtim.tv_nsec == 0) inodes_[id]->mtime = found.st_mtim.tv_sec;
  if (!is_directory(found.st_mode)) return id;
  for (const auto& entry : fs::directory_iterator(path)) {
    place(load_entry(entry.path(), ids), id, entry.path().filename().string());
  }
  return id;
}

Disk Disk::load(const fs::path& top, std::map<ino_t, InodeId>& ids) {
  Disk disk;
  disk.inodes_.clear();
  disk.load_entry(top, ids);
  return disk;
}

void Disk::materialise(const fs::path& directory) const {
  for (const auto& [name, child] : inodes_[kTop]->names) write_out(child, directory / name);
}

// A directory's mode comes last: an ordinary user can't fill one that he may not write to.
void Disk::write_out(InodeId id, const fs::path& path) const {
  const auto& inode = *inodes_[id];
  const auto parent = real_fs().open_path(path.parent_path().string(), O_RDONLY | O_DIRECTORY);
  const auto name = path.filename().string();
  if (S_ISLNK(inode.mode)) {
    real_fs().symlink(inode.bytes, parent.get(), name);
    if (inode.mtime) real_fs().set_link_mtime(parent.get(), name, *inode.mtime);
    return;
  }
  UniqueFd fd;
  if (is_directory(inode.mode)) {
    real_fs().make_dir(parent.get(), name, 0700);
    for (const auto& [child_name, child] : inode.names) write_out(child, path / child_name);
    fd = real_fs().open(parent.get(), name, O_RDONLY | O_DIRECTORY);
  } else {
    fd = real_fs().open(parent.get(), name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    real_fs().write(fd.get(), as_bytes(inode.bytes), 0);
  }
  if (inode.mtime) real_fs().set_mtime(fd.get(), *inode.mtime);
  real_fs().chmod(fd.get(), inode.mode & 07777);
}

}  // namespace roost::test
