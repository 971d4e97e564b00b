// The text of an HTTP response's head, and answers to errors. Private; pure.
#pragma once

#include <string>

#include "core/net/http_server.hpp"

namespace roost::net {

// Throws std::invalid_argument for a header that would break the response apart.
std::string response_head(const Response& response, bool keep_alive);

// The head of a stream that lasts until the connection ends.
std::string stream_head(const Headers& headers);

Response error_response(const ErrorFormatter& format, const Error& error, int status);

}  // namespace roost::net
