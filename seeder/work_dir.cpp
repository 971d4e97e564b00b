#include "seeder/work_dir.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include "core/base/error.hpp"
#include "core/base/log.hpp"

namespace roost::seeder {
namespace {

std::filesystem::path place(const std::filesystem::path& parent) {
  if (!parent.empty()) return std::filesystem::absolute(parent);
  const char* temporary = std::getenv("TMPDIR");
  return std::filesystem::absolute(temporary != nullptr && *temporary != '\0' ? temporary : "/tmp");
}

// A demo's nodes leave trees whose directories have mode 0555, which only root can
// empty as they are.
void make_removable(const std::filesystem::path& directory) noexcept {
  std::error_code ignored;  // what stays unremovable is reported by who removes
  for (auto it = std::filesystem::recursive_directory_iterator(directory, ignored);
       it != std::filesystem::recursive_directory_iterator(); it.increment(ignored)) {
    if (!it->is_directory(ignored) || it->is_symlink(ignored)) continue;
    std::filesystem::permissions(it->path(), std::filesystem::perms::owner_all,
                                 std::filesystem::perm_options::add, ignored);
  }
}

}  // namespace

WorkDir::WorkDir(const std::filesystem::path& parent) {
  const auto where = place(parent);
  std::string name = (where / "roost-publish.XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    const auto cause = std::generic_category().message(errno);
    throw Error(Errc::failed, "make a directory in " + where.string() + ": " + cause,
                "--work-dir or TMPDIR names where index and image are kept meanwhile");
  }
  path_ = name;
}

WorkDir::~WorkDir() {
  if (kept_) return;
  make_removable(path_);
  std::error_code error;
  std::filesystem::remove_all(path_, error);
  if (error) log::warn("remove {}: {}", path_.string(), error.message());
}

}  // namespace roost::seeder
