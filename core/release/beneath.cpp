#include "core/release/beneath.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include <atomic>
#include <cerrno>

namespace roost::release {

UniqueFd open_beneath(int dir, const char* path, int flags) noexcept {
  static std::atomic<bool> lacking = false;
  if (!lacking.load(std::memory_order_relaxed)) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    const long fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
    if (fd >= 0) return UniqueFd(static_cast<int>(fd));
    // A sandbox answers EPERM to what it does not know; asking once more tells it from the file.
    if (errno != ENOSYS && errno != EPERM) return {};
    if (errno == ENOSYS) lacking = true;
  }
  return UniqueFd(openat(dir, path, flags | O_NOFOLLOW | O_CLOEXEC));
}

}  // namespace roost::release
