#include "core/base/error.hpp"

#include <array>
#include <cerrno>
#include <system_error>

namespace roost {
namespace {

constexpr std::array kTable{
    ErrcInfo{Errc::failed, "failed", 1, 500, false},
    ErrcInfo{Errc::usage, "usage", 2, 400, false},
    ErrcInfo{Errc::not_found, "not_found", 3, 404, false},
    ErrcInfo{Errc::not_authorised, "not_authorised", 4, 403, false},
    ErrcInfo{Errc::conflict, "conflict", 5, 409, false},
    ErrcInfo{Errc::integrity, "integrity", 6, 422, false},
    ErrcInfo{Errc::deadline, "deadline", 7, 504, true},
    ErrcInfo{Errc::partial, "partial", 8, 500, true},
    ErrcInfo{Errc::threshold, "threshold", 9, 500, false},
    ErrcInfo{Errc::interrupted, "interrupted", 130, 503, false},
    ErrcInfo{Errc::no_space, "no_space", 1, 507, true},
    ErrcInfo{Errc::unavailable, "unavailable", 1, 503, true},
};

Errc code_of_errno(int code) noexcept {
  switch (code) {
    case ENOSPC:
    case EDQUOT:
      return Errc::no_space;
    case ENOENT:
      return Errc::not_found;
    case EEXIST:
      return Errc::conflict;
    default:
      return Errc::failed;
  }
}

}  // namespace

const ErrcInfo& errc_info(Errc code) noexcept {
  for (const auto& row : kTable) {
    if (row.code == code) return row;
  }
  return kTable.front();
}

Errc errc_from_http(int status) noexcept {
  for (const auto& row : kTable) {
    // A server that is stopping is away to its client, who was not interrupted.
    if (row.http_status == status && row.code != Errc::interrupted) return row.code;
  }
  return Errc::failed;
}

void throw_errno(int code, const std::string& what) {
  throw Error(code_of_errno(code), what + ": " + std::generic_category().message(code));
}

void throw_errno(const std::string& what) {
  throw_errno(errno, what);
}

}  // namespace roost
