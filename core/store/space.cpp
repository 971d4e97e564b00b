#include "core/store/space.hpp"

#include <algorithm>

#include "core/base/units.hpp"

namespace roost::store {

void check_space(Fs& fs, int dir, std::uint64_t bytes, std::uint64_t inodes,
                 const SpacePolicy& policy) {
  static constexpr const char* kHelp =
      "free some space there, e.g. with `roost gc --root DIR`, and try again";
  const auto space = fs.space(dir);
  const auto fraction =
      static_cast<std::uint64_t>(static_cast<double>(space.total) * policy.free_fraction);
  const auto reserve = std::max(fraction, policy.free_bytes);
  if (space.free < reserve || space.free - reserve < bytes) {
    throw Error(Errc::no_space,
                "reserve space in " + path_of(dir) + ": needs " + format_size(bytes) + ", " +
                    format_size(space.free) + " are free, of which " + format_size(reserve) +
                    " must stay free",
                kHelp);
  }
  if (space.inodes == 0) return;
  if (space.inodes_free < policy.free_inodes || space.inodes_free - policy.free_inodes < inodes) {
    throw Error(Errc::no_space,
                "reserve space in " + path_of(dir) + ": needs " + std::to_string(inodes) +
                    " inodes, " + std::to_string(space.inodes_free) + " are free, of which " +
                    std::to_string(policy.free_inodes) + " must stay free",
                kHelp);
  }
}

}  // namespace roost::store
