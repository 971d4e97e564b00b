// Base64 with padding (RFC 4648 section 4), for JSON and PEM.
//
// decode() is strict: only the standard alphabet, exact padding, no white space,
// zero bits after the last byte; so each byte string has exactly one text.
// Throws Error{integrity}. Pure and thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "core/base/bytes.hpp"

namespace roost::crypto {

std::string base64_encode(BytesView bytes);
Bytes base64_decode(std::string_view text);

}  // namespace roost::crypto
