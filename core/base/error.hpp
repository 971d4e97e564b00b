// The one exception type of Roost and its closed set of codes.
//
// Throw an Error when what was asked could not be done. Normal answers (not
// found, nothing to do, a list of mismatches) are return values; bugs assert.
// One table (errc_info) maps a code to exit status, HTTP status and whether a
// retry can help; no other place decides that. Thread-safe.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace roost {

enum class Errc {
  failed,          // could not be done, cause in the text
  usage,           // bad argument, configuration or input tree
  not_found,       // names something that does not exist
  not_authorised,  // known, but not allowed
  conflict,        // contradicts what is already there
  integrity,       // a signature, hash, format or bound does not hold
  deadline,        // ran out of time
  partial,         // done in part
  threshold,       // measured worse than asked for
  interrupted,     // stopped by the user
  no_space,        // a disk or quota is full
  unavailable,     // a remote side can't be reached just now
};

struct ErrcInfo {
  Errc code;
  std::string_view name;  // stable, machine-readable
  int exit_status;
  int http_status;
  bool retryable;
};

const ErrcInfo& errc_info(Errc code) noexcept;

// The code that an HTTP status of the tracker's stands for; the inverse of errc_info.
Errc errc_from_http(int status) noexcept;

// Reads as "verb object: cause"; help, if any, says what the reader can do.
class Error : public std::runtime_error {
 public:
  Error(Errc code, const std::string& what, std::string help = {})
      : std::runtime_error(what), code_(code), help_(std::move(help)) {}

  Errc code() const noexcept { return code_; }
  const std::string& help() const noexcept { return help_; }

 private:
  Errc code_;
  std::string help_;
};

// Throws an Error for a failed system call: "what: strerror(code)". ENOSPC and
// EDQUOT become no_space, ENOENT not_found, EEXIST conflict, else failed.
[[noreturn]] void throw_errno(int code, const std::string& what);
[[noreturn]] void throw_errno(const std::string& what);  // with errno

}  // namespace roost
