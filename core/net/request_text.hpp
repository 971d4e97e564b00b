// The text of an HTTP request's head. Private to core/net; pure.
#pragma once

#include <string>

#include "core/net/http_client.hpp"

namespace roost::net {

// Throws Error{usage} for a method or header that would break the request apart.
std::string request_text(const HttpRequest& request, const Url& url, const Headers& common);

}  // namespace roost::net
