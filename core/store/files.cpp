#include "core/store/files.hpp"

#include <dirent.h>
#include <fcntl.h>

#include "core/store/layout.hpp"

namespace roost::store {

std::optional<Bytes> read_if_there(Fs& fs, int dir, const std::string& name, std::uint64_t limit) {
  const auto found = fs.stat_at(dir, name);
  if (!found) return std::nullopt;
  const auto fd = fs.open(dir, name, O_RDONLY | O_NOFOLLOW);
  const auto size = static_cast<std::uint64_t>(fs.stat(fd.get()).st_size);
  if (size > limit) {
    throw Error(Errc::integrity, "read " + path_of(dir, name) + ": " + std::to_string(size) +
                                     " bytes, at most " + std::to_string(limit) + " expected");
  }
  Bytes bytes(size);
  bytes.resize(fs.read(fd.get(), bytes, 0));
  return bytes;
}

Bytes read_file(Fs& fs, int dir, const std::string& name, std::uint64_t limit) {
  auto bytes = read_if_there(fs, dir, name, limit);
  if (!bytes) throw Error(Errc::not_found, "read " + path_of(dir, name) + ": no such file");
  return std::move(*bytes);
}

void replace_file(Fs& fs, int dir, const std::string& name, BytesView bytes, Durable durable) {
  const auto temporary = layout::temporary_file(name);
  const auto fd = fs.open(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0644);
  fs.write(fd.get(), bytes, 0);
  if (durable == Durable::yes) fs.sync(fd.get());
  fs.rename(dir, temporary, dir, name);
  if (durable == Durable::yes) fs.sync(dir);
}

UniqueFd open_dir(Fs& fs, int dir, const std::string& path) {
  return fs.open(dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

UniqueFd open_or_make_dir(Fs& fs, int dir, const std::string& name, mode_t mode) {
  if (!fs.stat_at(dir, name)) fs.make_dir(dir, name, mode);
  return open_dir(fs, dir, name);
}

std::uint64_t remove_tree(Fs& fs, int dir, const std::string& name) {
  const auto found = fs.stat_at(dir, name);
  if (!found) return 0;
  auto freed = found->st_nlink > 1 && !S_ISDIR(found->st_mode)
                   ? 0  // its blocks live on under another name
                   : static_cast<std::uint64_t>(found->st_blocks) * 512;
  if (!S_ISDIR(found->st_mode)) {
    fs.unlink(dir, name);
    return freed;
  }
  {
    const auto inside = open_dir(fs, dir, name);
    if ((found->st_mode & S_IRWXU) != S_IRWXU) fs.chmod(inside.get(), 0700);
    for (const auto& entry : fs.list(inside.get())) {
      freed += remove_tree(fs, inside.get(), entry.name);
    }
  }
  fs.remove_dir(dir, name);
  return freed;
}

}  // namespace roost::store
