// Opens what lies below a directory without ever following a link on the way.
// Private to core/release.
#pragma once

#include "core/base/fd.hpp"

namespace roost::release {

// openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS), or openat(O_NOFOLLOW) where the kernel or a
// sandbox lacks it. O_CLOEXEC is added. An empty UniqueFd on failure, with errno set.
UniqueFd open_beneath(int dir, const char* path, int flags) noexcept;

}  // namespace roost::release
