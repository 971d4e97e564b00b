#include "seeder/work_dir.hpp"

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

}  // namespace

WorkDir::WorkDir(const std::filesystem::path& parent) {
  const auto where = place(parent);
  std::string name = (where / "roost-publish.XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw_errno("make a directory in " + where.string());
  path_ = name;
}

WorkDir::~WorkDir() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
  if (error) log::warn("remove {}: {}", path_.string(), error.message());
}

}  // namespace roost::seeder
