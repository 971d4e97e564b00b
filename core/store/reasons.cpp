#include "core/store/reasons.hpp"

#include <algorithm>
#include <array>

#include "core/base/error.hpp"

namespace roost::store::reason {
namespace {

constexpr std::array kOfRelease{kPreActivateFailed, kActivateFailed,    kHealthFailed,
                                kRollbackFailed,    kAttemptsExhausted, kHooksNotAllowed,
                                kConfigInvalid};
constexpr std::array kOther{kRequested,          kInterrupted,        kDeferred,
                            kPostActivateFailed, kPostRollbackFailed, kRecordDamaged};

bool is_errc(std::string_view name) {
  for (auto code = static_cast<int>(Errc::failed); code <= static_cast<int>(Errc::unavailable);
       ++code) {
    if (errc_info(static_cast<Errc>(code)).name == name) return true;
  }
  return false;
}

}  // namespace

bool blames_release(std::string_view reason) noexcept {
  return std::ranges::find(kOfRelease, reason) != kOfRelease.end();
}

bool is_known(std::string_view reason) noexcept {
  return blames_release(reason) || std::ranges::find(kOther, reason) != kOther.end() ||
         is_errc(reason);
}

}  // namespace roost::store::reason
