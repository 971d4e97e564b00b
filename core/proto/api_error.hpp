// How the tracker says no: {"error":{"code","message","help","raced"}} with the
// HTTP status of the code (errc_info). Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.hpp"

namespace roost::proto {

struct ApiError {
  Errc code = Errc::failed;
  std::string message;
  std::string help;
  // A conflict that another publisher caused between reading and registering:
  // reading the sequence again and signing anew can succeed.
  bool raced = false;
};

std::string to_json(const ApiError& error);
inline std::string to_json(const Error& error, bool raced = false) {
  return to_json(ApiError{error.code(), error.what(), error.help(), raced});
}

// Never throws: a body that is no such JSON (a proxy's page) becomes "HTTP 502"
// with the status's code.
ApiError parse_api_error(int http_status, std::string_view body);

// Reads "VERB: MESSAGE".
Error to_error(const ApiError& error, std::string_view verb);

}  // namespace roost::proto
