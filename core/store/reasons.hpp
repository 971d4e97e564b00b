// Why a switch ended as it did: the closed list of codes in the transaction file,
// in history.log and in `roost status`.
//
// Stable: scripts and the fault tests read them. A step that fails by no code of
// its own is named by the step; a failed file operation by its Errc's name.
// Pure.
#pragma once

#include <string_view>

namespace roost::store::reason {

inline constexpr std::string_view kRequested = "requested";      // an operator asked for it
inline constexpr std::string_view kInterrupted = "interrupted";  // undone after a crash or a stop
inline constexpr std::string_view kDeferred = "deferred";        // pre_activate: not now
inline constexpr std::string_view kPreActivateFailed = "pre_activate_failed";
inline constexpr std::string_view kActivateFailed = "activate_failed";
inline constexpr std::string_view kHealthFailed = "health_failed";
inline constexpr std::string_view kRollbackFailed = "rollback_failed";
inline constexpr std::string_view kPostActivateFailed = "post_activate_failed";  // history only
inline constexpr std::string_view kPostRollbackFailed = "post_rollback_failed";  // history only
inline constexpr std::string_view kAttemptsExhausted = "attempts_exhausted";
inline constexpr std::string_view kHooksNotAllowed = "hooks_not_allowed";
inline constexpr std::string_view kConfigInvalid = "config_invalid";
inline constexpr std::string_view kRecordDamaged = "record_damaged";  // no slot of `tx` was valid

bool is_known(std::string_view reason) noexcept;  // one of these, or an Errc's name

// Whether the release itself is at fault: the same try would end the same way.
bool blames_release(std::string_view reason) noexcept;

}  // namespace roost::store::reason
