#include "tracker/data_dir.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/base/error.hpp"

namespace roost::tracker {
namespace {

[[noreturn]] void unusable(const std::filesystem::path& path, const std::string& why) {
  throw Error(Errc::failed, "use data directory " + path.string() + ": " + why,
              "give --data a directory that this user can write");
}

std::string holder(int fd) {
  char text[32] = {};
  const auto size = ::pread(fd, text, sizeof text - 1, 0);
  const std::string pid(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  return pid.empty() ? "another tracker" : "the tracker with pid " + pid;
}

}  // namespace

DataDir::DataDir(const std::filesystem::path& path) : path_(path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) unusable(path, error.message());
  const auto file = path / "lock";
  lock_.reset(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock_) unusable(path, std::generic_category().message(errno));
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    throw Error(Errc::conflict,
                "use data directory " + path.string() + ": " + holder(lock_.get()) + " uses it",
                "stop it, or give --data another directory");
  }
  const auto pid = std::to_string(::getpid());
  if (::ftruncate(lock_.get(), 0) != 0 ||
      ::pwrite(lock_.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    unusable(path, std::generic_category().message(errno));
  }
}

}  // namespace roost::tracker
