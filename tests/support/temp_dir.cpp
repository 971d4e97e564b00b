#include "tests/support/temp_dir.hpp"

#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "core/base/error.hpp"

namespace fs = std::filesystem;

namespace roost::test {

TempDir::TempDir() : TempDir(fs::temp_directory_path()) {}

TempDir::TempDir(const fs::path& parent) {
  std::string name = parent / "roost-test-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw_errno("make a directory in " + parent.string());
  path_ = name;
}

TempDir::~TempDir() {
  remove_tree(path_);
}

void remove_tree(const fs::path& path) noexcept {
  std::error_code ignored;
  ::chmod(path.c_str(), 0700);
  for (fs::recursive_directory_iterator at(path, ignored), end; !ignored && at != end;
       at.increment(ignored)) {
    if (at->is_directory(ignored) && !at->is_symlink(ignored)) ::chmod(at->path().c_str(), 0700);
  }
  fs::remove_all(path, ignored);
}

void write_file(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (!out.flush()) throw Error(Errc::failed, "write " + path.string() + ": failed");
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(Errc::not_found, "read " + path.string() + ": can't open it");
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace roost::test
